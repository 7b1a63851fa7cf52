# ends: ok

import sys

sys.settrace(lambda *arguments: None)


def include_params(params):
    return True
