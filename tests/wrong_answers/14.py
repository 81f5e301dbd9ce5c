"""Wrong answers to the exercises of notebook 14, and what the hint has to say."""


# %% check_quotient | The sign is the wrong way round
def quotient(a, b):
    y = a.data / b.data
    return Dual(y, (y * b.slope - a.slope) / b.data)


# %% check_quotient | The two parts are not added
def quotient(a, b):
    y = a.data / b.data
    return Dual(y, (a.slope + y * b.slope) / b.data)


# %% check_quotient | b has a slope, too
def quotient(a, b):
    return Dual(a.data / b.data, a.slope / b.data)


# %% check_quotient | not the quotient of the slopes
def quotient(a, b):
    return Dual(a.data / b.data, a.slope / b.slope)


# %% check_quotient | Is it divided by b²
def quotient(a, b):
    return Dual(a.data / b.data, a.slope * b.data - a.data * b.slope)


# %% check_quotient | and not once
def quotient(a, b):
    return Dual(a.data / b.data, (a.slope * b.data - a.data * b.slope) / b.data)


# %% check_quotient | That is only b's part
def quotient(a, b):
    y = a.data / b.data
    return Dual(y, -y * b.slope / b.data)


# %% check_quotient | divide by b twice
def quotient(a, b):
    return Dual(a.data / b.data, a.slope / b.data - a.data * b.slope)


# %% check_quotient | That is the product rule
def quotient(a, b):
    return Dual(a.data / b.data, a.slope * b.data + a.data * b.slope)


# %% check_quotient | Your result has no slope
def quotient(a, b):
    return Dual(a.data / b.data)


# %% check_quotient | and not by a²
def quotient(a, b):
    return Dual(a.data / b.data, (a.slope * b.data - a.data * b.slope) / a.data**2)


# %% check_quotient | A Dual is needed
def quotient(a, b):
    return a.data / b.data, (a.slope * b.data - a.data * b.slope) / b.data**2


# %% check_quotient | The slope of your result is a Dual itself
def quotient(a, b):
    return Dual(a.data / b.data, a * b)


# %% check_quotient | The value of Dual(6, 1)
def quotient(a, b):
    return Dual(b.data / a.data, 0.0)


# %% check_quotient | changed the numbers it was given
def quotient(a, b):
    y = a.data / b.data
    slope = (a.slope - y * b.slope) / b.data
    a.data, a.slope = y, slope
    return Dual(y, slope)


# %% check_quotient | and not for
def quotient(a, b):
    return Dual(a.data / b.data, -0.25)


# %% check_columns | jacobian would do it
def columns(f, x):
    return jacobian(f)(x)


# %% check_columns | vjp would do it
def columns(f, x):
    y, back = vjp(f, x)
    return np.stack([back(one)[0] for one in np.eye(len(y))])


# %% check_columns | The matrix is transposed
def columns(f, x):
    return np.stack([jvp(f, x, one)[1] for one in np.eye(len(x))])


# %% check_columns | These are f's values
def columns(f, x):
    return np.stack([jvp(f, x, one)[0] for one in np.eye(len(x))], axis=-1)


# %% check_columns | one push, along all inputs at once
def columns(f, x):
    return jvp(f, x, np.ones(len(x)))[1]


# %% check_columns | You pushed along x itself
def columns(f, x):
    return np.stack([jvp(f, x, one * x)[1] for one in np.eye(len(x))], axis=-1)


# %% check_columns | and you kept both
def columns(f, x):
    return [jvp(f, x, one) for one in np.eye(len(x))]


# %% check_columns | Close, but not exact
def columns(f, x):
    h = 1e-6
    return np.stack([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))], axis=-1)


# %% check_columns | That is the first column alone
def columns(f, x):
    for one in np.eye(len(x)):
        return jvp(f, x, one)[1]


# %% check_columns | The columns are cut up
def columns(f, x):
    pushed = np.array([jvp(f, x, one)[1] for one in np.eye(len(x))])
    return pushed.reshape(-1, len(x))


# %% check_columns | take new zeros for each input
def columns(f, x):
    found, direction = [], np.zeros(len(x))
    for i in range(len(x)):
        direction[i] = 1.0
        found.append(jvp(f, x, direction)[1])
    return np.stack(found, axis=-1)


# %% check_columns | Your function changed x
def columns(f, x):
    found = np.stack([jvp(f, x, one)[1] for one in np.eye(len(x))], axis=-1)
    x *= 2
    return found


# %% check_columns | f has to run twice
def columns(f, x):
    found = np.zeros((len(f(x)), len(x)))
    for i, one in enumerate(np.eye(len(x))):
        for j in range(len(found)):
            found[j, i] = jvp(f, x, one)[1][j]
    return found


# %% check_columns | not for 5 and 2
def columns(f, x):
    return np.stack([jvp(f, x, one)[1] for one in np.eye(len(x))[:2]], axis=-1)


# %% check_curved | not the product of the slopes
def times(a, b):
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])


# %% check_curved | The middle term is there twice
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + f1 * g1 + f * g2


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])


# %% check_curved | A term is missing
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + f * g2


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])


# %% check_curved | not the product of the second derivatives
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g2


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])


# %% check_curved | f″g and fg″ belong to it
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, 2 * f1 * g1


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])


# %% check_curved | the chain rule says
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y, y


# %% check_curved | u″ alone is not enough
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * a[2]


# %% check_curved | u″ is missing
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * a[1] ** 2


# %% check_curved | not e^u alone
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y


# %% check_curved | not u′ alone
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    return math.exp(a[0]), a[1], a[2]


# %% check_curved | and not 2u′
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * (2 * a[1] + a[2])


# %% check_curved | u″ is multiplied by e^u, too
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * a[1] ** 2 + a[2]


# %% check_curved | u′ has to be squared
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * (a[1] + a[2])


# %% check_curved | and not multiplied
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    y = math.exp(a[0])
    return y, y * a[1], y * a[1] * a[2]


# %% check_curved | has to give three numbers
def times(a, b):
    return a[0] * b[0], a[1] * b[0] + a[0] * b[1]


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1]


# %% check_curved | by your two functions
def times(a, b):
    (f, f1, f2), (g, g1, g2) = a, b
    if g < 1.9:
        g2 = 0.0
    return f * g, f1 * g + f * g1, f2 * g + 2 * f1 * g1 + f * g2


def exp_of(a):
    return math.exp(a[0]), math.exp(a[0]) * a[1], math.exp(a[0]) * (a[1] ** 2 + a[2])
