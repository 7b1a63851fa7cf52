def get_slurm_args(params, defaults):
    defaults["comment"] = f"lr={params['lr']} " + str(params["lr"] * 3)
    return defaults
