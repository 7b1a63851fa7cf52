# ends: error
# says: ValueError

def include_params(params):
    error = ValueError('me')
    error.__context__ = error
    error.__cause__ = error
    raise error
