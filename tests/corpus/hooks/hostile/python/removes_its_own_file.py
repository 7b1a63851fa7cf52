# ends: ok
# litter: hook.py

import os


def include_params(params):
    if os.path.exists(__file__):
        os.remove(__file__)
    return True
