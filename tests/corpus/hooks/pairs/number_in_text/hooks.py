FACTORS = {"M": 1, "G": 1024, "T": 1024 * 1024}


def get_slurm_args(params, defaults):
    megabytes = int(params["mem"][:-1]) * FACTORS[params["mem"][-1]]
    defaults["mem"] = 2 * megabytes
    return defaults
