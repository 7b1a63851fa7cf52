# ends: limit
# says: took longer than
# stderr: unbounded

def include_params(params):
    while True:
        print('x' * 1000)
