import sizes


def get_slurm_args(params, defaults):
    defaults["mem"] = sizes.memory(params["model"], params["bs"])
    return defaults
