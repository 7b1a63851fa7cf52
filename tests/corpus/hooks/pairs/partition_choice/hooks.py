def get_slurm_args(params, defaults):
    if params["gpus"] == 0:
        defaults["partition"] = "cpu"
    elif params["gpus"] <= 4:
        defaults["partition"] = "gpu-long" if params["long"] else "gpu"
    else:
        defaults["partition"] = "gpu-large"
    if params["gpus"] > 0:
        defaults["gpus"] = params["gpus"]
    return defaults
