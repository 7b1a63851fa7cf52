# ends: error
# says: ZeroDivisionError

class Bad:
    def __bool__(self):
        return 1 // 0


def include_params(params):
    return Bad()
