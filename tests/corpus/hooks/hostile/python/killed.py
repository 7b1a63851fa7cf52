# ends: error
# says: SIGKILL

import os


def include_params(params):
    os.kill(os.getpid(), 9)
