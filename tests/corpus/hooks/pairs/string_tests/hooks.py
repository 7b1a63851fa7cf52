def include_params(params):
    model = params["model"]
    return model.startswith("resnet") or model.endswith("-b") or "xr" in model
