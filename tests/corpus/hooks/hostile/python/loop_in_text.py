# ends: limit
# says: took longer than

class Endless:
    def __str__(self):
        while True:
            pass


def include_params(params):
    params['x'] = Endless()
    return True
