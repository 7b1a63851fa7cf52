def get_slurm_args(params, defaults):
    defaults["cpus-per-task"] = max(1, min(params["workers"], 16))
    return defaults
