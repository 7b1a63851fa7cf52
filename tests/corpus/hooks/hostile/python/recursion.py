# ends: error
# says: RecursionError

def include_params(params):
    def f(n):
        return f(n + 1)

    return f(0)
