# ends: error
# role: parse

def parse_params(params):
    params['x'] = '../../../outside'
    return params
