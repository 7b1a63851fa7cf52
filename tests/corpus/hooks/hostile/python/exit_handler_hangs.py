# ends: ok

import atexit
import time

atexit.register(time.sleep, 1000)


def include_params(params):
    return True
