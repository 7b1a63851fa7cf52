def parse_params(params):
    sets = []
    for fold in range(params["folds"]):
        one = dict(params)
        one["fold"] = fold
        one["seed"] = 100 * params["folds"] + fold
        sets.append(one)
    return sets
