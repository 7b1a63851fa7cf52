def keep(params):
    return not (params["nodes"] == 16 and params["config"].startswith("gpt2"))


def args(params, defaults):
    args = dict(defaults)
    args["nodes"] = params["nodes"]
    args["time"] = "%02d:00:00" % (48 // params["nodes"])
    if params["nodes"] > 8:
        args["qos"] = "large"
    args["mem"] = "%dG" % (params["nodes"] * 2.5 + 100)
    return args
