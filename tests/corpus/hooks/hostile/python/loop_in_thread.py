# ends: limit
# says: took longer than

import itertools
import threading


def include_params(params):
    thread = threading.Thread(target=lambda: sum(itertools.repeat(0)))
    thread.start()
    thread.join()
