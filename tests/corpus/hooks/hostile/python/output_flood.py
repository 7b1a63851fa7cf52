# ends: ok
# stderr: unbounded

def include_params(params):
    for _ in range(200):
        print('x' * 100000)
    return True
