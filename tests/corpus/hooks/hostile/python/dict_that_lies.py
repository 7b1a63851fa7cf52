# ends: any
# role: logic

class Liar(dict):
    def items(self):
        return [('b', 2), (3, 4)]

    def __iter__(self):
        return iter(['c'])


def get_slurm_args(params, defaults):
    return Liar(a=1)
