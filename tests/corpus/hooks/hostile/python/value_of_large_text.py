# ends: any
# memory: 2048

def include_params(params):
    params['x'] = 'x' * 10 ** 8
    return True
