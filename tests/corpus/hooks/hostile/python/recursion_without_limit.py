# ends: any
# memory: 4096

import sys


def include_params(params):
    sys.setrecursionlimit(10 ** 9)

    def f(n):
        return [f(n + 1)]

    return f(0)
