HOURS = {"vit": 3}


def get_slurm_args(params, defaults):
    if params["model"] not in HOURS:
        raise KeyError(params["model"])
    defaults["time"] = HOURS[params["model"]] // params["bs"]
    return defaults
