# %% check_one_minus_cos | as 1 − cos(x) does
def one_minus_cos(x):
    return 1 - engine.cos(x)
# %% check_one_minus_cos | it is not 1 − cos(x)
def one_minus_cos(x):
    return x**2 / 2
# %% check_one_minus_cos | it is not 1 − cos(x)
def one_minus_cos(x):
    return 2 * engine.sin(x) ** 2
# %% check_one_minus_cos | digits are lost
def one_minus_cos(x):
    return (1 - engine.cos(x) ** 2) / (1 + engine.cos(x)) + 1e-17
# %% check_one_minus_cos | given a Value it returns a float: a number leaves the graph
def one_minus_cos(x):
    return 2 * math.sin(x / 2) ** 2
# %% check_one_minus_cos | the values are right, and the gradient is 0
def one_minus_cos(x):
    return engine.Value(2 * math.sin(x.data / 2) ** 2)
# %% check_one_minus_cos | the result depends on nothing
def one_minus_cos(x):
    return 2 * engine.sin(x.detach() / 2) ** 2
# %% check_one_minus_cos | gives 4.99999996961e-09, as 1 − cos(x) does, and should give 4.99999999583e-09
def one_minus_cos(x):
    return where(abs(x) < 1e-6, x * x / 2, 1 - engine.cos(x))
# %% check_one_minus_cos | engine.where chooses for each number
def one_minus_cos(x):
    return x if x == 0 else 2 * engine.sin(x / 2) ** 2
# %% check_safe_root | makes 0 × inf of it
def root(x):
    return where(x > 0, sqrt(x), 0.0)
# %% check_safe_root | where its slope is infinite
def root(x):
    return sqrt(engine.clip(x, min=0.0))
# %% check_safe_root | The value at 0 is wrong
def root(x):
    return sqrt(engine.maximum(x, 1e-12))
# %% check_safe_root | The value at -9 is wrong
def root(x):
    return sqrt(abs(x))
# %% check_safe_root | has lost its graph
def root(x):
    return Tensor(np.sqrt(np.maximum(x.numpy(), 0)))
# %% check_safe_root | returns a list: it should be one Tensor
def root(x):
    return [sqrt(number) if number > 0 else 0 * number for number in x]
# %% check_safe_root | as float() and math's functions do
def root(x):
    return math.sqrt(x)
# %% check_safe_root | x itself holds other numbers
def root(x):
    x.data = np.maximum(x.data, 1e-300)
    return where(x > 0, sqrt(x), 0.0)
# %% check_safe_root | no gradient comes back to x
def root(x):
    return Tensor(np.sqrt(np.maximum(x.numpy(), 0)), requires_grad=True)
# %% check_safe_root | given a Value it returns a float
def root(x):
    if not isinstance(x, Tensor):
        return math.sqrt(max(x.data, 0.0))
    return where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0)
# %% check_safe_root | It asks one question
def root(x):
    return sqrt(x) if x > 0 else 0.0 * x
# %% check_gradient_checker | two elements exchanged
def my_gradcheck(f, gradient, x):
    h = 1e-5
    slope = (f(x + h) - f(x - h)) / (2 * h)
    return bool(abs(slope - gradient(x).sum()) <= 1e-4 * abs(gradient(x)).max())
# %% check_gradient_checker | wrong in its last element only
def my_gradcheck(f, gradient, x):
    nudge = np.eye(len(x))[0] * 1e-5
    slope = (f(x + nudge) - f(x - nudge)) / 2e-5
    return bool(abs(slope - gradient(x)[0]) <= 1e-4 * abs(gradient(x)).max())
# %% check_gradient_checker | are small
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2e-5 for n in nudges])
    return bool(abs(found - gradient(x)).max() <= 1e-4)
# %% check_gradient_checker | Nudge both ways
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x)) / 1e-5 for n in nudges])
    return bool(abs(found - gradient(x)).max() <= 1e-4 * abs(gradient(x)).max())
# %% check_gradient_checker | nudge a copy
def my_gradcheck(f, gradient, x):
    g, found = gradient(x), []
    for i in range(len(x)):
        x[i] += 1e-5
        above = f(x)
        x[i] -= 2e-5
        found.append((above - f(x)) / 2e-5)
    return bool(abs(np.array(found) - g).max() <= 1e-4 * abs(g).max())
# %% check_gradient_checker | that has a 0 in it
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1.1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2.2e-5 + 1e-13 * f(x) for n in nudges])
    return np.allclose(found, gradient(x), rtol=1e-4, atol=0)
# %% check_gradient_checker | that has a 0 in it
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2e-5 for n in nudges])
    return bool((abs(found - gradient(x)) <= 1e-4 * abs(gradient(x))).all())
# %% check_gradient_checker | 2h
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 1e-5 for n in nudges])
    return bool(abs(found - gradient(x)).max() <= 1e-4 * abs(gradient(x)).max())
# %% check_gradient_checker | take its absolute value
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2e-5 for n in nudges])
    return bool((found - gradient(x)).max() <= 1e-4 * abs(gradient(x)).max())
# %% check_gradient_checker | because its numbers are negative
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2e-5 for n in nudges])
    return bool(abs(found - gradient(x)).max() <= 1e-4 * gradient(x).max())
# %% check_gradient_checker | wrong in its first element only
def my_gradcheck(f, gradient, x):
    for n, claimed in zip(np.eye(len(x)) * 1e-5, gradient(x), strict=True):
        slope = (f(x + n) - f(x - n)) / 2e-5
        agree = abs(slope - claimed) <= 1e-4 * abs(gradient(x)).max()
    return bool(agree)
# %% check_gradient_checker | np.allclose has one too
def my_gradcheck(f, gradient, x):
    nudges = np.eye(len(x)) * 1e-5
    found = np.array([(f(x + n) - f(x - n)) / 2e-5 for n in nudges])
    return np.allclose(found, gradient(x), rtol=1e-4)
# %% check_gradient_checker | a factor 2 is missing
def my_gradcheck(f, gradient, x):
    return True
# %% check_gradient_checker | answer True or False
def my_gradcheck(f, gradient, x):
    return gradient(x)
# %% check_planted | agrees with finite differences everywhere
guilty = "hat"


def mended_rule(g, y, x):
    return where(abs(x) < 1, -g * engine.sign(x), 0.0)
# %% check_planted | is none of
guilty = "bent"


def mended_rule(g, y, x):
    return where(x > -1, g, 0.5 * g)
# %% check_planted | between −1 and 0
guilty = "bend"


def mended_rule(g, y, x):
    return where(x > 0, g, 0.5 * g)
# %% check_planted | g should multiply the slope
guilty = "bend"


def mended_rule(g, y, x):
    return where(x > -1, 1.0, 0.5)
# %% check_planted | not with if, float() or np.where
guilty = "bend"


def mended_rule(g, y, x):
    return g if x > -1 else 0.5 * g
# %% check_planted | it is called as rule(g, y, x)
guilty = "bend"


def mended_rule(g, x):
    return where(x > -1, g, 0.5 * g)
