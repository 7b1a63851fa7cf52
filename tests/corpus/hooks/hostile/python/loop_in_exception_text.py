# ends: limit
# says: took longer than

class Endless(Exception):
    def __str__(self):
        while True:
            pass


def include_params(params):
    raise Endless()
