def get_slurm_args(params, defaults):
    defaults["mem"] = f"{32 * params['gpus']}G"
    return defaults
