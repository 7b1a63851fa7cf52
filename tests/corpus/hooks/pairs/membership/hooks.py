def include_params(params):
    return params["opt"] in ["adam", "adamw"] and params["bs"] not in [48]
