# ends: error
# says: EOFError

def include_params(params):
    return input() == 'yes'
