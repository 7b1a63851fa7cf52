# ends: error
# says: not valid Unicode

def include_params(params):
    params['x'] = '\ud800'
    return True
