# ends: error
# says: SystemExit

import sys


def include_params(params):
    sys.exit(0)
