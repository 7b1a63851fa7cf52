import math


def expand(params):
    out = []
    for seed in range(params["scale"]):
        copy = dict(params)
        copy["seed"] = seed
        copy["name"] = "%s%d_s%d" % (copy["kind"], copy["scale"], seed)
        copy["root"] = math.sqrt(copy["scale"])
        out.append(copy)
    return out


def include_params(params):
    return params["kind"] == "a" or params["seed"] == 0


def get_slurm_args(params, defaults):
    args = {"job-name": params["name"], **defaults}
    args["mem"] = "%dG" % (4 * params["scale"])
    args["gpus"] = None if params["kind"] == "a" else 1
    return args
