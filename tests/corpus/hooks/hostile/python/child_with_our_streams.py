# ends: ok
# leaves: sleep 30

import subprocess


def include_params(params):
    subprocess.Popen(['sleep', '30'])
    return True
