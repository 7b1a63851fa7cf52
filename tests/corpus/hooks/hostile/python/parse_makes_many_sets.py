# ends: error
# role: parse

def parse_params(params):
    return [{'x': 1}] * 40000
