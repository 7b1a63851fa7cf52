def two(number):
    return f"{number:02d}"


def get_slurm_args(params, defaults):
    seconds = 300 + params["samples"] // 40
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    defaults["time"] = f"{two(hours)}:{two(minutes)}:{two(seconds)}"
    return defaults
