def get_slurm_args(params, defaults):
    defaults["nice"] = params["bs"]
    return defaults
