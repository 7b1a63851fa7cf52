def get_slurm_args(params, defaults):
    nodes = 1
    while nodes * 64 < params["samples"] and nodes < 32:
        nodes *= 2
    defaults["nodes"] = nodes
    return defaults
