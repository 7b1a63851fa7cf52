# ends: ok

import os


def include_params(params):
    os.environ.clear()
    return True
