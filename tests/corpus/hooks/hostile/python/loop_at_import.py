# ends: limit
# says: took longer than

while True:
    pass
