def parse_params(params):
    params["down"] = params["a"] // params["b"]
    params["up"] = -(-params["a"] // params["b"])
    return params
