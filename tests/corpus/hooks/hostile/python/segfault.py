# ends: error
# says: SIGSEGV

import ctypes


def include_params(params):
    ctypes.string_at(0)
