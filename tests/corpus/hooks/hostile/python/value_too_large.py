# ends: error
# says: 128 bits

def include_params(params):
    params['x'] = 2 ** 200
    return True
