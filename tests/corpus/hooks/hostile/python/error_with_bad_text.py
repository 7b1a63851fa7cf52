# ends: error
# says: Bad

class Bad(Exception):
    def __str__(self):
        raise ValueError


def include_params(params):
    raise Bad()
