# ends: error
# role: parse

def parse_params(params):
    params['x'] = 'a\nb'
    return params
