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
# %% check_wave | NumPy's sin does not take a Value
import numpy as np


def wave(x):
    return np.sin(x) * x**2
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
# %% check_slope | the .grad of y
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
