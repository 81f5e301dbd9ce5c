"""Wrong answers to the exercises of notebook 11, and what the hint has to say."""


# %% check_minimum_step | where f itself is zero
def minimum_step(f, x):
    return x - f(x) / grad(f)(x)


# %% check_minimum_step | uphill
def minimum_step(f, x):
    return x + grad(f)(x) / grad(grad(f))(x)


# %% check_minimum_step | You multiplied by f″
def minimum_step(f, x):
    return x - grad(f)(x) * grad(grad(f))(x)


# %% check_minimum_step | changed places
def minimum_step(f, x):
    return x - grad(grad(f))(x) / grad(f)(x)


# %% check_minimum_step | the length of the step
def minimum_step(f, x):
    return grad(f)(x) / grad(grad(f))(x)


# %% check_minimum_step | gradient descent
def minimum_step(f, x):
    return x - grad(f)(x)


# %% check_minimum_step | not f′ squared
def minimum_step(f, x):
    return x - grad(f)(x) / grad(f)(x) ** 2


# %% check_minimum_step | not for another function
def minimum_step(f, x):
    return x - (4 * x**3 - 3) / (12 * x**2)


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


# %% check_hessian_product | all n² second derivatives
def hessian_product(f, x, v):
    return engine.jacfwd(grad(f))(x) @ v


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


# %% check_minimum_step | That is the step alone
def minimum_step(f, x):
    return -grad(f)(x) / grad(grad(f))(x)


# %% check_minimum_step | You divided f(x) by f″(x)
def minimum_step(f, x):
    return x - f(x) / grad(grad(f))(x)


# %% check_minimum_step | Gradients accumulate
def minimum_step(f, x):
    x = Value(x)
    f(x).backward(create_graph=True)
    slope = x.grad
    slope.backward()
    return x.data - slope.data / x.grad


# %% check_minimum_step | One is asked for
def minimum_step(f, x):
    for _ in range(10):
        x = x - grad(f)(x) / grad(grad(f))(x)
    return x


# %% check_minimum_step | where f″ is negative
def minimum_step(f, x):
    return x - grad(f)(x) / abs(grad(grad(f))(x))


# %% check_minimum_step | the next x
def minimum_step(f, x):
    return x, x - grad(f)(x) / grad(grad(f))(x)


# %% check_taylor | Powers of x do not belong
def taylor(f, x, n):
    found = []
    for k in range(n + 1):
        found.append(f(x) * x**k / math.factorial(k))
        f = grad(f)
    return found


# %% check_taylor | f = grad(f) in the loop
def taylor(f, x, n):
    return [f(x)] + [grad(f)(x) / math.factorial(k) for k in range(1, n + 1)]


# %% check_taylor | You used f itself
def taylor(f, x, n):
    return [f(x) / math.factorial(k) for k in range(n + 1)]


# %% check_taylor | A list is needed, and yours is a generator
def taylor(f, x, n):
    for k in range(n + 1):
        yield f(x) / math.factorial(k)
        f = grad(f)




# %% check_hessian_product | on its own argument
def hessian_product(f, x, v):
    gradient = grad(f)(x)
    return grad(lambda x: (gradient * v).sum())(x)


# %% check_hessian_product | and not a mean
def hessian_product(f, x, v):
    return grad(lambda x: (grad(f)(x) * v).mean())(x)


# %% check_hessian_product | changed an array
def hessian_product(f, x, v):
    v *= 2
    return grad(lambda x: (grad(f)(x) * v).sum())(x) / 2


# %% check_hessian_product | all n² second derivatives
def hessian_product(f, x, v):
    def product():
        return hessian(f)(x) @ v

    return product()
