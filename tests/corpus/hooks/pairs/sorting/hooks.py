def parse_params(params):
    params["tags"] = sorted(params["tags"])
    params["sizes"] = sorted(params["sizes"], reverse=True)
    params["largest"] = params["sizes"][0]
    params["last"] = params["tags"][-1]
    return params
