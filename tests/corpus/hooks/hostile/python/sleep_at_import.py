# ends: limit
# says: took longer than

import time

time.sleep(1000)
