# ends: limit
# says: took longer than

import itertools


def include_params(params):
    sum(itertools.repeat(0))
