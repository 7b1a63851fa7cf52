# ends: error
# says: ValueError

def include_params(params):
    raise ValueError('x' * 10 ** 7)
