def get_slurm_args(params, defaults):
    array = f"0-{params['shards'] - 1}"
    if params["limit"]:
        array += f"%{min(params['limit'], params['shards'])}"
    defaults["array"] = array
    return defaults
