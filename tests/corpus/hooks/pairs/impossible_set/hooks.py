def parse_params(params):
    if params["gpus"] % params["nodes"] != 0:
        raise ValueError(f"{params['gpus']} GPUs on {params['nodes']} nodes")
    return params
