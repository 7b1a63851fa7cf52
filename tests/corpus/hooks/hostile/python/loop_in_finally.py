# ends: limit
# says: took longer than

def include_params(params):
    try:
        while True:
            pass
    finally:
        while True:
            pass
