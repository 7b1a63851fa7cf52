# ends: limit
# says: took longer than

import signal


def include_params(params):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGABRT):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass
