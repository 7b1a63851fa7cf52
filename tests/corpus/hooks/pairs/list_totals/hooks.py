def include_params(params):
    return sum(params["layers"]) < 1000


def get_slurm_args(params, defaults):
    layers = params["layers"]
    defaults["comment"] = f"{len(layers)} layers, {min(layers)} to {max(layers)}, {sum(layers)} units"
    return defaults
