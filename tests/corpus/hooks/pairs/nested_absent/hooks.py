def get_slurm_args(params, defaults):
    momentum = params.get("opt", {}).get("momentum", 0.0)
    defaults["comment"] = f"momentum {momentum}"
    return defaults
