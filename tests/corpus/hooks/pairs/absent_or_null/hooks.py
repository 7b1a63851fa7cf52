def get_slurm_args(params, defaults):
    workers = params.get("workers")
    if workers is None:
        workers = 1
    defaults["ntasks"] = workers
    return defaults
