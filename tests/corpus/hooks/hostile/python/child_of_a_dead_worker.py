# ends: error

import os
import subprocess


def include_params(params):
    subprocess.Popen(['sleep', '1000'])
    os._exit(1)
