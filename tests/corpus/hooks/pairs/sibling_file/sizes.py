def base(model):
    return 4 if model == "small" else 20


def memory(model, bs):
    return f"{base(model) + bs // 16}G"
