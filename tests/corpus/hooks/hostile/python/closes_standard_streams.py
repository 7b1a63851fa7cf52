# ends: ok

import os


def include_params(params):
    for fd in (0, 1, 2):
        try:
            os.close(fd)
        except OSError:
            pass
    return True
