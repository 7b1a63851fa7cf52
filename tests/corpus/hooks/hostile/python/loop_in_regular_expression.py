# ends: limit
# says: took longer than

import re


def include_params(params):
    re.match('(a+)+$', 'a' * 60 + 'b')
