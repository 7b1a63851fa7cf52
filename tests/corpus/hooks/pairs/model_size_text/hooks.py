def billions(text):
    text = text.rstrip("b")
    if "x" in text:
        experts, size = text.split("x")
        return int(experts) * float(size)
    return float(text)


def get_slurm_args(params, defaults):
    size = billions(params["model"])
    defaults["gpus"] = 1 if size < 10 else 8
    defaults["mem"] = f"{int(size * 4)}G"
    return defaults
