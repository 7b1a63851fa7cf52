# ends: error
# says: always counts as true

def include_params(params):
    return "1".isdigit
