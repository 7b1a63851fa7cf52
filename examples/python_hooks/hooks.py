"""The rules of the quickstart, in Python."""


def include_params(params):
    """Which combinations to keep: large batches only for the small model with a large learning
    rate, and the smallest learning rate only for the small model."""
    if params["batch_size"] == 256:
        return params["model"] == "resnet18" and params["learning_rate"] == 0.1
    return params["learning_rate"] > 0.001 or params["model"] == "resnet18"


def get_slurm_args(params, defaults):
    """What to ask of Slurm for one combination."""
    args = dict(defaults)
    if params["model"] == "resnet50":
        args["time"] = "12:00:00"
        args["mem"] = "32G"
    if params["batch_size"] > 64:
        args["gpus"] = 2
    return args
