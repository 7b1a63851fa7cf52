import copy


def get_slurm_args(params, defaults):
    args = copy.deepcopy(defaults)
    args["env"]["OMP_NUM_THREADS"] = params["bs"] // 8
    args["modules"].append("cuda")
    return args
