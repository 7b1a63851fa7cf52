# ends: error
# says: MemoryError

import resource


def include_params(params):
    resource.setrlimit(resource.RLIMIT_AS, (2 ** 29, 2 ** 29))
    return bytes(2 ** 40)
