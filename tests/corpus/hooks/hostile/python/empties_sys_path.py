# ends: ok

import sys


def include_params(params):
    sys.path.clear()
    sys.modules.clear()
    return True
