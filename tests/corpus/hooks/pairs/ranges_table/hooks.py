def queue(epochs):
    if epochs < 10:
        return "debug"
    if epochs < 100:
        return "short"
    return "long"


def get_slurm_args(params, defaults):
    defaults["qos"] = queue(params["epochs"])
    return defaults
