def get_slurm_args(params, defaults):
    exported = ["ALL"]
    for name in sorted(params):
        exported.append(f"{name.upper()}={params[name]}")
    defaults["export"] = ",".join(exported)
    return defaults
