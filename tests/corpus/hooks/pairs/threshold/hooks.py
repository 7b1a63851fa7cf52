def include_params(params):
    return params["lr"] <= 0.05 or params["bs"] < 128
