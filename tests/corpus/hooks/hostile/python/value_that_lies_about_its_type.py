# ends: any

class Liar:
    @property
    def __class__(self):
        return dict

    def __str__(self):
        return 'liar'


def include_params(params):
    params['x'] = Liar()
    return True
