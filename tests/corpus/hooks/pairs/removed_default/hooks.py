def get_slurm_args(params, defaults):
    if params["gpus"] == 0:
        defaults.pop("gres", None)
    else:
        defaults["gres"] = f"gpu:{params['gpus']}"
    return defaults
