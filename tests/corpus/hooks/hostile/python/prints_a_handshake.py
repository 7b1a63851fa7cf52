# ends: ok

print('\n\0slurmkit-hook 1 0000\n', flush=True)


def include_params(params):
    return True
