# ends: error
# says: ValueError

def include_params(params):
    error = None
    for number in range(5000):
        new = ValueError(number)
        new.__cause__ = error
        error = new
    raise error
