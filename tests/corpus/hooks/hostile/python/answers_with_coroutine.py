# ends: error
# says: async

async def include_params(params):
    return False
