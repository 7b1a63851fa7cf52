# ends: error
# says: ZeroDivisionError

import sys

sys.excepthook = None
sys.setrecursionlimit(60)


def include_params(params):
    return 1 // 0
