# Typical wrong answers to the exercises of notebook 01, and what the hint has to say.
# %% check_slope | it is not h, but twice that
def slope(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / h
# %% check_slope | on one side of x only
def slope(f, x):
    h = 1e-8
    return (f(x + h) - f(x)) / h
# %% check_slope | too small: rounding is divided by it
def slope(f, x):
    h = 1e-12
    return (f(x + h) - f(x - h)) / (2 * h)
# %% check_slope | too large: the curve bends
def slope(f, x):
    h = 0.01
    return (f(x + h) - f(x - h)) / (2 * h)
# %% check_slope | brackets around the whole difference
def slope(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / 2 * h + f(x + h) - f(x - h) / (2 * h)
# %% check_slope | below it
def slope(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / 2 * h
# %% check_slope | f on the right minus f on the left
def slope(f, x):
    h = 1e-5
    return (f(x - h) - f(x + h)) / (2 * h)
# %% check_slope | NameError
def slope(f, x):
    return (f(x + step) - f(x - step)) / (2 * step)
# %% check_gradient | both numbers move at once
def gradient(f, x):
    h = 1e-5
    left, right = [z - h for z in x], [z + h for z in x]
    return [(f(right) - f(left)) / (2 * h) for _ in x]
# %% check_gradient | still nudged when it is the second one's turn
def gradient(f, x):
    h, slopes, right = 1e-5, [], list(x)
    for i in range(len(x)):
        right[i] += h
        slopes.append((f(right) - f(x)) / h)
    return slopes
# %% check_gradient | nudge a copy of it
def gradient(f, x):
    h, slopes = 1e-5, []
    for i in range(len(x)):
        before = f(x)
        x[i] += h
        slopes.append((f(x) - before) / h)
    return slopes
# %% check_gradient | a second name for the same list
def gradient(f, x):
    h, slopes = 1e-5, []
    for i in range(len(x)):
        left = x
        right = x
        left[i] -= h
        right[i] += h
        slopes.append((f(right) - f(left)) / (2 * h))
    return slopes
# %% check_gradient | a list of two slopes
def gradient(f, x):
    h, total = 1e-5, 0.0
    for i in range(len(x)):
        right = list(x)
        right[i] += h
        total += (f(right) - f(x)) / h
    return total
# %% check_gradient | not h, but twice that
def gradient(f, x):
    h, slopes = 1e-5, []
    for i in range(len(x)):
        left, right = list(x), list(x)
        left[i] -= h
        right[i] += h
        slopes.append((f(right) - f(left)) / h)
    return slopes
# %% check_gradient | its coefficients
def gradient(f, x):
    h, slopes = 1e-5, []
    for i in range(len(x)):
        left, right = list(x), list(x)
        left[i] -= h
        right[i] += h
        slopes.append((f(left) - f(right)) / (2 * h))
    return slopes
# %% check_curvature | Divide by h twice
def curvature(f, x):
    h = 1e-4
    return (f(x + h) - 2 * f(x) + f(x - h)) / h
# %% check_curvature | together nothing
def curvature(f, x):
    h = 1e-4
    return (f(x + h) - f(x) + f(x - h)) / h**2
# %% check_curvature | brackets around all three
def curvature(f, x):
    h = 1e-4
    return f(x + h) - 2 * f(x) + f(x - h) / h**2
# %% check_curvature | too small: rounding
def curvature(f, x):
    h = 1e-6
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2
# %% check_curvature | too large: the curve bends
def curvature(f, x):
    h = 0.05
    return (f(x + h) - 2 * f(x) + f(x - h)) / h**2
# %% check_curvature | the first derivative
def curvature(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / (2 * h)
# %% check_slope | From x to x + h it is one h, and not two
def slope(f, x):
    h = 1e-5
    return (f(x + h) - f(x)) / (2 * h)
# %% check_slope | Is it divided by 2h
def slope(f, x):
    h = 1e-5
    return f(x + h) - f(x - h)
# %% check_slope | Is something rounded
def slope(f, x):
    h = 1e-5
    return round((f(x + h) - f(x - h)) / (2 * h), 6)
# %% check_slope | over how far x has moved
def slope(f, x):
    h = 1e-5
    return (f(x * (1 + h)) - f(x * (1 - h))) / (2 * h)
# %% check_slope | too small: rounding is divided by it
def slope(f, x):
    h = 1e-16
    return (f(x + h) - f(x - h)) / (2 * h)
# %% check_slope | You never look at f beside x
def slope(f, x):
    return 2 * x
# %% check_gradient | yours are half of that
def gradient(f, x):
    h, slopes = 1e-5, []
    for i in range(len(x)):
        right = list(x)
        right[i] += h
        slopes.append((f(right) - f(x)) / (2 * h))
    return slopes
# %% check_gradient | is your h too small
def gradient(f, x):
    h, slopes = 1e-13, []
    for i in range(len(x)):
        right = list(x)
        right[i] += h
        slopes.append((f(right) - f(x)) / h)
    return slopes
# %% check_gradient | A better step, or both sides
def gradient(f, x):
    h, slopes = 1e-2, []
    for i in range(len(x)):
        right = list(x)
        right[i] += h
        slopes.append((f(right) - f(x)) / h)
    return slopes
# %% check_curvature | all of that divided by h ** 2
def curvature(f, x):
    h = 1e-4
    return (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h)
# %% check_curvature | all of that divided by h ** 2
def curvature(f, x):
    h = 1e-4
    return (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h**2)
# %% check_curvature | all of that divided by h ** 2
def curvature(f, x):
    h = 1e-4
    return (2 * f(x) - f(x + h) - f(x - h)) / h**2
# %% check_curvature | never looks at f beside x
def curvature(f, x):
    return 2.0
