def get_slurm_args(params, defaults):
    return dict(defaults, gpus=params["gpus"], mem="64G")
