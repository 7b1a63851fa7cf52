# ends: error
# says: SyntaxError
# repeat: 5000 (

def include_params(params):
    return @REPEAT@
