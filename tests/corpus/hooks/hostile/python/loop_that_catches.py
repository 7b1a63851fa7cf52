# ends: limit
# says: took longer than

def include_params(params):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
