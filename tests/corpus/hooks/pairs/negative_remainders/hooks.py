def parse_params(params):
    params["floor"] = params["a"] // params["b"]
    params["remainder"] = params["a"] % params["b"]
    return params
