# ends: error
# says: GeneratorExit

def include_params(params):
    raise GeneratorExit
