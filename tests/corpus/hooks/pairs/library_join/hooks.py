def get_slurm_args(params, defaults):
    defaults["comment"] = "+".join(params["stages"])
    return defaults
