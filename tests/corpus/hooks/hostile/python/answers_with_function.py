# ends: error
# says: always counts as true

def include_params(params):
    def inner():
        return False

    return inner
