# ends: ok

def include_params(params):
    print('{"r":"11"}', flush=True)
    return True
