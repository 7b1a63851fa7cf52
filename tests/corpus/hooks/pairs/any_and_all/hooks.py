def include_params(params):
    layers = params["layers"]
    return any(units > 100 for units in layers) or all(units < 10 for units in layers)
