# ends: limit
# says: took longer than

import os
import signal


def include_params(params):
    os.kill(os.getpid(), signal.SIGSTOP)
    return True
