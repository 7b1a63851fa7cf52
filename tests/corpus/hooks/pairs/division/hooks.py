def parse_params(params):
    params["half"] = params["a"] / 2
    params["quotient"] = params["a"] / params["b"]
    params["whole"] = params["a"] // params["b"]
    return params
