# ends: error
# says: the Python process

import os


def include_params(params):
    os.closerange(3, 1000)
    return True
