def get_slurm_args(params, defaults):
    defaults["nodelist"] = f"node{params['node']:03d}"
    return defaults
