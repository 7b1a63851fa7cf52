def include_params(params):
    if params["gpus"] == 3:
        raise ValueError("no node has 3 GPUs")
    return True
