# ends: limit
# says: took longer than

import threading


def include_params(params):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
