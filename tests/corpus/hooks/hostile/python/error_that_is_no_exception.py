# ends: error
# says: TypeError

def include_params(params):
    raise 3
