# ends: any

import os


def include_params(params):
    if os.fork() == 0:
        raise ValueError
    return True
