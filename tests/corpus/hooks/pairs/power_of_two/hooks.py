def include_params(params):
    return params["bs"] & (params["bs"] - 1) == 0


def get_slurm_args(params, defaults):
    bits = 0
    while 2 ** bits < params["bs"]:
        bits += 1
    defaults["nice"] = bits << 1
    return defaults
