# ends: error
# says: nested more than

def include_params(params):
    value = []
    for _ in range(100000):
        value = [value]
    params['x'] = value
    return True
