def get_slurm_args(params, defaults):
    defaults["cpus-per-task"] = params["workers"] + 1
    if defaults["cpus-per-task"] > 8:
        defaults["ntasks-per-node"] = 1
    return defaults
