# ends: error
# repeat: 100000 not 

def include_params(params):
    return @REPEAT@True
