def include_params(params):
    model = params["model"]
    return model["layers"] < 10 or model["heads"]["n"] == 16 and params["bs"] == 32


def get_slurm_args(params, defaults):
    defaults["comment"] = params["model"]["name"]
    return defaults
