def get_slurm_args(params, defaults):
    layers = params["layers"]
    defaults["comment"] = f"{min(layers)} to {max(layers)}, {sum(layers)} units"
    return defaults
