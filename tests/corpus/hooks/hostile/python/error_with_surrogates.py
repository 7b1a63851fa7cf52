# ends: error
# says: ValueError

def include_params(params):
    raise ValueError('\ud800')
