# ends: error
# says: ZeroDivisionError

class Bad:
    def __str__(self):
        return 1 // 0


def include_params(params):
    params['x'] = Bad()
    return True
