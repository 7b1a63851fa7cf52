# ends: error
# says: keys are text
# role: logic

def get_slurm_args(params, defaults):
    return {1: 2}
