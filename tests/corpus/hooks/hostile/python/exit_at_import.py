# ends: error
# says: exit

import sys

sys.exit(0)
