def parse_params(params):
    if params["gpus"] % params["nodes"] != 0:
        return []
    params["gpus-per-node"] = params["gpus"] // params["nodes"]
    del params["gpus"]
    return params
