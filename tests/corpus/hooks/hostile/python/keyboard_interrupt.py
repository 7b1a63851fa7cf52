# ends: error
# says: KeyboardInterrupt

def include_params(params):
    raise KeyboardInterrupt
