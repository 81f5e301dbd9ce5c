"""Forward mode held to reverse mode and to finite differences, for a function of float arrays.

A function is pushed along one fixed direction v and pulled back from one fixed w, no two numbers
of them alike: a wrong number anywhere shows in ⟨w, Jv⟩ = ⟨Jᵀw, v⟩ = the slope of ⟨w, f(x + tv)⟩.
"""

import numpy as np
from helpers import LEAVES

import engine as E
from engine import ValueArray, grad, jvp, to_numpy, vjp
from engine.checking.finite import slope

#: What a function is given on each tier: of plain inputs arrays run on Tensors, numbers on Values.
INPUTS = {"tensor": lambda x: x, "value": lambda x: x if type(x) is float else ValueArray.of(x)}


def along(arrays, seed):
    """A direction for each array, of sizes between 1/2 and 3/2."""
    rng, shapes = np.random.default_rng(seed), [np.shape(x) for x in arrays]
    return tuple(rng.uniform(0.5, 1.5, s) * rng.choice([-1.0, 1.0], s) for s in shapes)


def contracted(y, w):
    """⟨w, y⟩, a number or a node."""
    product = y * w
    return E.sum(product) if np.ndim(product) else product


def weighted(f, w):
    """⟨w, f⟩."""
    return lambda *x: contracted(f(*x), w)


def curved(f, w):
    """A number that bends even where f does not: what multiplies the rules varies too."""

    def number(*x):
        y = f(*x)
        return contracted(y, w) + 0.25 * contracted(y * y, w[::-1] if np.ndim(w) else w)

    return number


def check_first_order(f, arrays, tier, finite=True):
    """The result is f's; ⟨w, Jv⟩ is ⟨Jᵀw, v⟩, and the slope along v where there is no corner."""
    inputs, v = tuple(map(INPUTS[tier], arrays)), along(arrays, 1)
    y, pushed = jvp(f, inputs, v)
    expected = f(*[LEAVES[tier](x) for x in arrays])
    np.testing.assert_array_equal(to_numpy(y), to_numpy(expected))
    assert np.shape(pushed) == np.shape(y)
    w = along([to_numpy(y)], 2)[0]
    got = float(np.sum(w * to_numpy(pushed)))

    pulled = vjp(f, *inputs)[1](w)
    back = sum(float(np.sum(to_numpy(g) * t)) for g, t in zip(pulled, v, strict=True))
    size = sum(float(np.sum(np.abs(to_numpy(g) * t))) for g, t in zip(pulled, v, strict=True))
    assert abs(got - back) <= 1e-10 * size + 1e-12, (got, back)

    if not finite:
        return

    def at(t):
        moved = [x + t * d for x, d in zip(arrays, v, strict=True)]
        return to_numpy(f(*[LEAVES[tier](x) for x in moved])) * w

    estimate = slope(at, 0.0)
    assert estimate.corner or not estimate.contradicts(got, 1e-6, 1e-8), (got, estimate)


def check_second_order(f, arrays, tier):
    """The Hessian along v, forward over reverse, reverse over forward and forward twice."""
    inputs, v, u = tuple(map(INPUTS[tier], arrays)), along(arrays, 3), along(arrays, 4)
    w = along([to_numpy(f(*[LEAVES[tier](x) for x in arrays]))], 5)[0]
    number, every = curved(f, w), tuple(range(len(arrays)))

    def slope_along_v(*x):
        return sum(contracted(g, t) for g, t in zip(grad(number, every)(*x), v, strict=True))

    def pushed_along_v(*x):
        return jvp(number, x, v)[1]

    expected = [to_numpy(g) for g in grad(slope_along_v, every)(*inputs)]
    same(jvp(grad(number, every), inputs, v)[1], expected)
    same(grad(pushed_along_v, every)(*inputs), expected)
    twice = float(to_numpy(jvp(pushed_along_v, inputs, u)[1]))
    parts = [g * t for g, t in zip(expected, u, strict=True)]
    size = sum(float(np.sum(np.abs(part))) for part in parts)
    assert abs(twice - sum(float(np.sum(part)) for part in parts)) <= 1e-9 * size + 1e-10


def same(found, expected):
    """The same second derivatives, but for rounding."""
    size = max((float(np.max(np.abs(x), initial=0.0)) for x in expected), default=0.0)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(to_numpy(a), b, rtol=1e-9, atol=1e-10 * max(size, 1.0))
