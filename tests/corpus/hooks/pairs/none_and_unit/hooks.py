def parse_params(params):
    params["has-limit"] = params["limit"] is not None
    if params["limit"] is None:
        params["note"] = None
    params["word"] = "yes" if params["flag"] else "no"
    return params
