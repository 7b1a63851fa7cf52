# ends: any

class Growing(list):
    def __iter__(self):
        while True:
            yield 1


def include_params(params):
    params['x'] = Growing([1])
    return True
