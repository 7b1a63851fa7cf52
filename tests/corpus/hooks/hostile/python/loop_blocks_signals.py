# ends: limit
# says: took longer than

import signal


def include_params(params):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() if hasattr(signal, 'valid_signals') else {2, 6, 15})
    while True:
        pass
