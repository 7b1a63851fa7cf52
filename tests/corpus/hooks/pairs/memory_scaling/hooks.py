import math

GIGABYTES = {"small": 0.5, "base": 1.7, "large": 6.25}


def get_slurm_args(params, defaults):
    needed = GIGABYTES[params["model"]] * params["bs"] / 32.0 * 1.2
    defaults["mem"] = f"{max(8, math.ceil(needed))}G"
    return defaults
