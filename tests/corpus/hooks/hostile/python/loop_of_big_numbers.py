# ends: limit
# says: took longer than

def include_params(params):
    len(str(7 ** (10 ** 8)))
