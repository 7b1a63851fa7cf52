# ends: ok

import os


def include_params(params):
    os.write(1, bytes(range(256)))
    os.write(2, bytes(range(256)))
    return True
