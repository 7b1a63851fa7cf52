# ends: ok

import sys


def include_params(params):
    for _ in range(2000):
        print('x' * 100)
        print('x' * 100, file=sys.stderr)
    return True
