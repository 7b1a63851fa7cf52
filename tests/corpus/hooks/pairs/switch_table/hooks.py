HOURS = {"resnet18": 4, "resnet50": 12, "vit": 12}


def get_slurm_args(params, defaults):
    hours = HOURS.get(params["model"], 24)
    if params["bs"] == 32:
        hours *= 2
    defaults["time"] = f"{hours}:00:00"
    return defaults
