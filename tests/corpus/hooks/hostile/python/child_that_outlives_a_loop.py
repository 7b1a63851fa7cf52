# ends: limit
# says: took longer than

import subprocess


def include_params(params):
    subprocess.Popen(['sleep', '1000'])
    while True:
        pass
