# ends: ok

import sys


def include_params(params):
    sys.stdout = None
    sys.stderr = 3
    return True
