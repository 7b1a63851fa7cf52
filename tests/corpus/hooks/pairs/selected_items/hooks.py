def parse_params(params):
    params["wide"] = [2 * units for units in params["layers"] if units > 2]
    return params
