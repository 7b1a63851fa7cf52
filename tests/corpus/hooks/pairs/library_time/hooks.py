def text(seconds):
    days, rest = divmod(seconds, 86400)
    clock = "%02d:%02d:%02d" % (rest // 3600, rest // 60 % 60, rest % 60)
    return f"{days}-{clock}" if days else clock


def get_slurm_args(params, defaults):
    seconds = params["epochs"] * 12 * 3600 + 1800
    defaults["time"] = text(min(seconds, 36 * 3600))
    return defaults
