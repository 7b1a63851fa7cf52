# ends: ok

import sys


def include_params(params):
    sys.stdout.write('x')
    sys.stderr.write('y')
    return True
