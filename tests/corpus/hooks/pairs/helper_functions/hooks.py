def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def is_even(n):
    return n % 2 == 0


def include_params(params):
    return not is_even(fibonacci(params["n"]))
