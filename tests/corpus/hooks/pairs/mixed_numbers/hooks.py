def include_params(params):
    return params["x"] == params["y"]


def get_slurm_args(params, defaults):
    defaults["comment"] = params["x"] + params["y"] * 0.5
    return defaults
