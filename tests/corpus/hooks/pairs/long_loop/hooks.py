def primes_below(limit):
    found = 0
    for number in range(2, limit):
        divisor = 2
        while divisor * divisor <= number and number % divisor != 0:
            divisor += 1
        if divisor * divisor > number:
            found += 1
    return found


def parse_params(params):
    params["primes"] = primes_below(params["limit"])
    return params
