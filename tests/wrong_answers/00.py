# %% check_ways | Asked is ∂y/∂a
slope_at_a = 2
# %% check_ways | There are two: add them up
a, b = Value(2.0), Value(5.0)
y = a * b
y.backward()
slope_at_a = a.grad
# %% check_ways | 12 is y itself
slope_at_a = 2 * 5 + 2
# %% check_ways | A number is needed
slope_at_a = "b + 1"
# %% check_wave | math.sin turns a Value into a number
import math


def wave(x):
    return math.sin(x) * x.data**2
# %% check_wave | the sine of x²
def wave(x):
    return engine.sin(x**2)
# %% check_wave | should be sin(x)·x²
def wave(x):
    return engine.cos(x) * x**2
# %% check_slope | is the value of x*x at x = 3
def slope(f, x):
    return f(x)
# %% check_slope | Was y.backward() called
def slope(f, x):
    x = Value(x)
    f(x)
    return x.grad
# %% check_slope | Call it on y, which is f(x), and read the .grad of x
def slope(f, x):
    y = f(Value(x))
    y.backward()
    return y.grad
# %% check_slope | Yours returns a Value
def slope(f, x):
    x = Value(x)
    f(x).backward()
    return x
# %% check_slope | Your code raised AttributeError
def slope(f, x):
    f(x).backward()
    return x.grad
# %% check_ways | what a call of print or backward gives back
a, b = Value(2.0), Value(5.0)
slope_at_a = (a * b + a).backward()
# %% check_ways | read a.grad
a, b = Value(2.0), Value(5.0)
y = a * b + a
y.backward()
slope_at_a = a
# %% check_ways | One number is asked for
slope_at_a = [5, 1]
# %% check_ways | How fast does y grow
slope_at_a = 2 * 5
# %% check_wave | the graph was lost. math.sin turns a Value into a number
import math


def wave(x):
    return math.sin(x) * x * x
# %% check_wave | those in engine take numbers, Values and Tensors
def wave(x):
    return x.sin() * x**2
# %% check_wave | A number is needed
def wave(x):
    return f"{engine.sin(x) * x**2}"
# %% check_slope | Here make a Value
def slope(f, x):
    h = 1e-6
    return (f(x + h) - f(x - h)) / (2 * h)
# %% check_slope | Call it on y, which is f(x)
def slope(f, x):
    x = Value(x)
    y = f(x)
    x.backward()
    return x.grad
# %% check_slope | Did backward run twice
def slope(f, x):
    x = Value(x)
    f(x).backward()
    f(x).backward()
    return x.grad
# %% check_slope | is x itself, its .data
def slope(f, x):
    x = Value(x)
    f(x).backward()
    return x.data
