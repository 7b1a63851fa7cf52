# ends: limit
# says: took longer than

import subprocess


def include_params(params):
    subprocess.run(['sleep', '1000'])
