# ends: ok

import sys


def include_params(params):
    sys.stdout.close()
    sys.stderr.close()
    return True
