# ends: error
# says: ValueError

def include_params(params):
    raise ValueError('\x1b[2J\x1b]0;title\x07')
