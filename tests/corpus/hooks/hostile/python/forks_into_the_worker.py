# ends: ok

import os


def include_params(params):
    os.fork()
    return True
