# ends: error
# says: include_params

x = 1
