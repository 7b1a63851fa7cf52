# ends: error
# says: exit code 7

import os


def include_params(params):
    os._exit(7)
