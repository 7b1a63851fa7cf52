# ends: error

import os


def include_params(params):
    os.execvp('true', ['true'])
