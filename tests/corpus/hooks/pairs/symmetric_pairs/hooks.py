def include_params(params):
    return params["first"] < params["second"]
