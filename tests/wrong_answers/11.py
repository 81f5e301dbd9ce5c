"""Wrong answers to the exercises of notebook 11, and what the hint has to say."""


# %% check_newton_step | uphill
def newton_step(f, x):
    return x + f(x) / grad(f)(x)


# %% check_newton_step | divide by it
def newton_step(f, x):
    return x - f(x) * grad(f)(x)


# %% check_newton_step | not f″
def newton_step(f, x):
    return x - grad(f)(x) / grad(grad(f))(x)


# %% check_newton_step | changed places
def newton_step(f, x):
    return x - grad(f)(x) / f(x)


# %% check_newton_step | the length of the step
def newton_step(f, x):
    return f(x) / grad(f)(x)


# %% check_newton_step | works for x² − 2 only
def newton_step(f, x):
    return x - f(x) / (2 * x)


# %% check_taylor | divided by k!
def taylor(f, x, n):
    found = []
    for _ in range(n + 1):
        found.append(f(x))
        f = grad(f)
    return found


# %% check_taylor | It has to be k!
def taylor(f, x, n):
    found = []
    for k in range(n + 1):
        found.append(f(x) / max(k, 1))
        f = grad(f)
    return found


# %% check_taylor | five coefficients
def taylor(f, x, n):
    found = []
    for k in range(n):
        found.append(f(x) / math.factorial(k))
        f = grad(f)
    return found


# %% check_taylor | one ahead
def taylor(f, x, n):
    found = []
    for k in range(n + 1):
        found.append(f(x) / math.factorial(k + 1))
        f = grad(f)
    return found


# %% check_taylor | take the derivatives at x
def taylor(f, x, n):
    found = []
    for k in range(n + 1):
        found.append(f(0.0) / math.factorial(k))
        f = grad(f)
    return found


# %% check_taylor | f itself
def taylor(f, x, n):
    found = []
    for k in range(n + 1):
        f = grad(f)
        found.append(f(x) / math.factorial(k))
    return found


# %% check_hessian_product | all n² second derivatives
def hessian_product(f, x, v):
    return hessian(f)(x) @ v


# %% check_hessian_product | by grad
def hessian_product(f, x, v):
    return hvp(f, x, v)


# %% check_hessian_product | the slope along v
def hessian_product(f, x, v):
    return (grad(f)(x) * v).sum()


# %% check_hessian_product | v is missing
def hessian_product(f, x, v):
    return grad(lambda x: grad(f)(x).sum())(x)


# %% check_hessian_product | element by element
def hessian_product(f, x, v):
    return grad(f)(x) * v


# %% check_hessian_product | you multiplied afterwards
def hessian_product(f, x, v):
    return grad(lambda x: grad(f)(x).sum())(x) * v


# %% check_hessian_product | a single number
def hessian_product(f, x, v):
    return grad(lambda x: grad(f)(x) * v)(x)


# %% check_hessian_product | not exact
def hessian_product(f, x, v):
    h = 1e-5
    return (grad(f)(x + h * v) - grad(f)(x - h * v)) / (2 * h)
