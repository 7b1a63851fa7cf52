# ends: error
# says: contains itself

def include_params(params):
    params['x'] = params
    return True
