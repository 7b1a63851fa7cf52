# ends: error
# says: Strange

class Strange(BaseException):
    pass


def include_params(params):
    raise Strange('x')
