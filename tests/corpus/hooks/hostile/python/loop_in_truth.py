# ends: limit
# says: took longer than

class Endless:
    def __bool__(self):
        while True:
            pass


def include_params(params):
    return Endless()
