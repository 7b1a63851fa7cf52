# ends: error
# says: SIGKILL

import os


def include_params(params):
    os.killpg(0, 9)
