def get_slurm_args(params, defaults):
    name = params["name"]
    defaults["comment"] = f"{params['größe']}: {name.upper()} {len(name)} {name[1:3]}"
    return defaults
