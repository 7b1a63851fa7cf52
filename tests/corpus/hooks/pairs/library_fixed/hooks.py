def get_slurm_args(params, defaults):
    defaults["comment"] = f"{params['share']:.2f}"
    return defaults
