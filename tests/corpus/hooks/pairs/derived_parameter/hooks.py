SAMPLES = 50000


def parse_params(params):
    params["steps"] = params["epochs"] * SAMPLES // params["bs"]
    params["warmup"] = params["steps"] // 20
    return params
