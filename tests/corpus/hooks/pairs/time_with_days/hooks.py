def get_slurm_args(params, defaults):
    days, hours = divmod(params["hours"], 24)
    if days > 0:
        defaults["time"] = "%d-%02d:00:00" % (days, hours)
    else:
        defaults["time"] = "%02d:00:00" % hours
    return defaults
