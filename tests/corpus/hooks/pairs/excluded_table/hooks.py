EXCLUDED = [("vit", 128), ("bert", 64), ("bert", 128)]


def include_params(params):
    return (params["model"], params["bs"]) not in EXCLUDED
