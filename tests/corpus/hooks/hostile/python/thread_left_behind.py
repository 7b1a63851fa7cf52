# ends: ok

import threading
import time

threading.Thread(target=time.sleep, args=(1000,)).start()


def include_params(params):
    return True
