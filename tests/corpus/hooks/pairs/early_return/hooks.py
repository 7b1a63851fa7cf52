def include_params(params):
    if params["opt"] == "adam":
        return params["momentum"] == 0.0
    if params["lr"] < 0.05:
        return False
    return params["momentum"] > 0.5
