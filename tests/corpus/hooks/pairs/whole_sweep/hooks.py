FIXED = {"resnet18": 11.7, "vit": 86.6}


def parse_params(params):
    if params["model"] == "vit" and params["lr"] > 0.01:
        return []
    sets = []
    for seed in range(params["seeds"]):
        one = {key: value for key, value in params.items() if key != "seeds"}
        one["seed"] = seed
        sets.append(one)
    return sets


def include_params(params):
    return not (params["seed"] > 0 and params["bs"] == 256)


def get_slurm_args(params, defaults):
    gigabytes = int(FIXED[params["model"]] * params["bs"] / 100) + 8
    args = dict(defaults)
    args["mem"] = f"{gigabytes}G"
    if gigabytes > 100:
        args["partition"] = "large"
    return args
