# ends: limit
# says: took longer than
# role: logic

class Endless(dict):
    def keys(self):
        while True:
            pass

    def __iter__(self):
        while True:
            yield 'x'


def get_slurm_args(params, defaults):
    return Endless()
