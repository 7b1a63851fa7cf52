MAX_GPUS = 8
PARTITIONS = {"small": "gpu", "large": "gpu-large"}


def include_params(params):
    return params["gpus"] <= MAX_GPUS


def get_slurm_args(params, defaults):
    size = "small" if params["gpus"] < MAX_GPUS else "large"
    defaults["partition"] = PARTITIONS[size]
    return defaults
