# ends: error
# says: SIGABRT

import os


def include_params(params):
    os.abort()
