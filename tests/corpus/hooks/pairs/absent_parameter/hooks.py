def get_slurm_args(params, defaults):
    workers = params.get("workers", 4)
    defaults["mem"] = f"{params['bs'] // 4 + workers}G"
    if "workers" in params:
        defaults["comment"] = "asked"
    return defaults
