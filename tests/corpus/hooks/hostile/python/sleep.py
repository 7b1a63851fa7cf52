# ends: limit
# says: took longer than

import time


def include_params(params):
    time.sleep(1000)
