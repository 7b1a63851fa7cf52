# ends: error
# says: SyntaxError

def include_params(params)
    return True
