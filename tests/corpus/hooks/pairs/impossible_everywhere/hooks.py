def include_params(params):
    return 12 % (params["bs"] - 2) == 0
