# ends: any

import builtins

builtins.type = lambda thing: dict
builtins.isinstance = lambda thing, kind: True
builtins.zip = None


def include_params(params):
    return True
