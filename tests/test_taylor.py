"""taylor: coefficients against closed forms, on numbers, nodes and arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, grad, taylor, to_numpy

EVERY = range(7)
CLOSED = {
    "exp": (E.exp, 0.3, [math.exp(0.3) / math.factorial(k) for k in EVERY]),
    "sin": (E.sin, 0.5, [math.sin(0.5 + k * math.pi / 2) / math.factorial(k) for k in EVERY]),
    "log": (E.log, 2.0, [math.log(2.0), *[-((-0.5) ** k) / k for k in range(1, 7)]]),
    "1 / (1 - x)": (lambda x: 1 / (1 - x), 0.25, [0.75 ** -(k + 1) for k in EVERY]),
    "a polynomial": (lambda x: x**3 - 2 * x, 1.0, [-1.0, 1.0, 3.0, 1.0, 0.0, 0.0, 0.0]),
    "a constant": (lambda x: 5.0, 1.0, [5.0, *[0.0] * 6]),
    "tanh": (E.tanh, 0.0, [0.0, 1.0, 0.0, -1 / 3, 0.0, 2 / 15, 0.0]),
}


@pytest.mark.parametrize(("f", "x", "expected"), CLOSED.values(), ids=CLOSED.keys())
def test_coefficients_are_those_of_the_series(f, x, expected):
    np.testing.assert_allclose(taylor(f, x, 6), expected, rtol=1e-11, atol=1e-12)
    on_tensors = taylor(f, Tensor(x), 4)
    np.testing.assert_allclose([to_numpy(c) for c in on_tensors], expected[:5], atol=1e-12)


def test_the_terms_add_up_to_the_function():
    f = lambda x: E.exp(E.sin(x)) / (2 + x)  # noqa: E731 - a name for the formula
    c, h = taylor(f, 0.4, 8), 0.05
    assert sum(c[k] * h**k for k in range(9)) == pytest.approx(f(0.45), rel=1e-13)


def test_numbers_give_floats_and_nodes_are_recorded():
    assert [type(c) for c in taylor(E.exp, 1.0, 2)] == [float] * 3
    x = Value(2.0)
    taylor(lambda x: x**4, x, 2)[2].backward()
    assert x.grad == 24.0  # d/dx (6 x²)
    assert grad(lambda x: taylor(lambda y: y**4, x, 2)[2])(2.0) == 24.0


def test_along_a_direction_of_arrays():
    x, v = np.array([0.5, 1.0]), np.array([1.0, -2.0])
    c = taylor(lambda t: E.exp(x + t * v), 0.0, 3)
    for k in range(4):
        np.testing.assert_allclose(c[k], np.exp(x) * v**k / math.factorial(k))
    with pytest.raises(ValueError, match=r"a single number, got shape \(2,\): along a direction"):
        taylor(E.exp, x, 2)


def test_a_compiled_function_has_the_same_series():
    f = lambda x: E.sin(x) * x  # noqa: E731 - a name for the formula
    np.testing.assert_allclose(taylor(E.compile(f), 0.7, 4), taylor(f, 0.7, 4), rtol=1e-13)


@pytest.mark.parametrize("order", [-1, 1.5])
def test_an_order_that_is_none_is_refused(order):
    with pytest.raises(ValueError, match="order must be an int, 0 or more"):
        taylor(E.exp, 1.0, order)
    assert taylor(E.exp, 0.0, 0) == [1.0]


def test_a_container_has_coefficients_like_it():
    found = taylor(lambda x: {"a": E.exp(x), "b": (x * E.stack([x, x]), 3.0)}, 0.0, 2)

    assert [c["a"] for c in found] == [1.0, 1.0, 0.5]
    np.testing.assert_array_equal([c["b"][0] for c in found], [[0, 0], [0, 0], [1, 1]])
    assert [c["b"][1] for c in found] == [3.0, 0.0, 0.0]
