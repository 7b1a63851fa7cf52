import math


def parse_params(params):
    x = params["x"]
    params["ceiling"] = math.ceil(x)
    params["cut"] = int(x)
    params["floor"] = math.floor(x)
    params["nearest"] = math.floor(x + 0.5)
    return params
