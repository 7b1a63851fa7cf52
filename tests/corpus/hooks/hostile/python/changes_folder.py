# ends: ok

import os


def include_params(params):
    os.chdir('/')
    return True
