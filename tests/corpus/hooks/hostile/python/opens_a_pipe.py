# ends: limit
# says: took longer than
# litter: fifo

import os


def include_params(params):
    os.mkfifo('fifo')
    open('fifo')
