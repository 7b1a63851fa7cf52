# ends: ok

import os


def include_params(params):
    for _ in range(5):
        if os.fork() == 0:
            os._exit(0)
    return True
