"""Random programs of single numbers, compiled: three calls, equal to eager's.

    PROGRAMS=10000 python -m pytest tests/compiled/test_random_compiled_numbers.py

runs as many of them.  Numbers are often 0, -0.0, inf or nan, where Python raises and IEEE 754
answers.
"""

import os

import numpy as np
import pytest
from random_numbers import bits, drawn, drawn_program, rng_of

import engine
from engine import Value

COUNT = int(os.environ.get("PROGRAMS", "60"))
pytestmark = pytest.mark.filterwarnings("ignore:.*does not depend on argument")


def cases(seeds, order=1):
    """Programs, and for each of three calls their arguments."""
    for seed in seeds:
        rng = rng_of(seed)
        leaves = rng.randint(1, 4)
        f = drawn_program(rng, leaves, rng.randint(1, 12 if order == 1 else 6))
        yield seed, f, [[drawn(rng) for _ in range(leaves)] for _ in range(3)]


def as_node(f, numbers, second):
    """The result on Values, its gradients, and (second) those of the sum of their squares."""
    leaves = [Value(x) for x in numbers]
    y = f(*leaves)
    y.backward(create_graph=second)
    found = [0.0 if x.grad is None else x.grad for x in leaves]
    if not second:
        return [y.data, *found]
    squares = sum((g * g for g in found), 0.0)
    more = [None] * len(leaves)
    if getattr(squares, "requires_grad", False):
        more = engine.grad_of(squares, leaves, allow_unused=True)
    plain = [getattr(g, "data", g) for g in found]
    return [y.data, *plain, *(0.0 if g is None else g for g in more)]


@pytest.mark.parametrize("part", range(4))
def test_plain_calls_and_nodes_are_eagers_to_the_bit(part):
    for seed, f, calls in cases(range(part, COUNT, 4)):
        compiled = engine.compile(f)
        places = tuple(range(len(calls[0])))
        gradients = engine.value_and_grad(compiled, places)
        for numbers in calls:
            expected = as_node(f, numbers, False)
            assert bits(as_node(compiled, numbers, False)) == bits(expected), seed
            assert bits(compiled(*numbers)) == bits(expected[0]), seed
            with np.errstate(all="ignore"):  # of floats eager's gradients are those of Tensors
                y, found = gradients(*numbers)
                z, wanted = engine.value_and_grad(f, places)(*numbers)
            np.testing.assert_allclose([float(y), *found], [z, *wanted], rtol=1e-12)


@pytest.mark.parametrize("part", range(4))
def test_second_derivatives_of_nodes_are_eagers(part):
    for seed, f, calls in cases(range(part, COUNT, 4), order=2):
        compiled = engine.compile(f)
        for numbers in calls:
            expected = as_node(f, numbers, True)
            found = as_node(compiled, numbers, True)
            if np.isfinite(expected).all():
                size = np.abs(expected).max(initial=1.0)
                assert found == pytest.approx(expected, rel=1e-12, abs=1e-12 * size), seed


RAISES = {
    "a quotient by 0": (lambda x, y: x / y, (1.0, 0.0)),
    "0 / 0": (lambda x, y: x / y, (0.0, 0.0)),
    "exp": (lambda x, y: engine.exp(x) * y, (1000.0, 2.0)),
    "log of 0": (lambda x, y: engine.log(x) + y, (0.0, 1.0)),
    "log of less": (lambda x, y: engine.log(x) + y, (-1.0, 1.0)),
    "sqrt": (lambda x, y: engine.sqrt(x) * y, (-1.0, 1.0)),
    "a power of less": (lambda x, y: x**y, (-2.0, 0.5)),
    "a power of 0": (lambda x, y: x**y, (0.0, -1.0)),
    "a large power": (lambda x, y: x**y, (1e200, 2.0)),
    "sin of inf": (lambda x, y: engine.sin(x) * y, (np.inf, 1.0)),
    "arcsin": (lambda x, y: engine.arcsin(x) * y, (2.0, 1.0)),
    "cosh": (lambda x, y: engine.cosh(x) * y, (1000.0, 1.0)),
    "a remainder": (lambda x, y: x % y, (1.0, 0.0)),
    "log1p": (lambda x, y: engine.log1p(x) * y, (-1.0, 1.0)),
    "atanh": (lambda x, y: engine.arctanh(x) * y, (1.0, 1.0)),
    "a product": (lambda x, y: x * y * x * y, (1e200, 1e200)),
    "a nan": (lambda x, y: engine.maximum(x, y) * engine.relu(x), (np.nan, 1.0)),
    "a mask": (lambda x, y: engine.where(x > y, x * y, engine.log(x)), (np.inf, 0.0)),
    "a rule that asks for sizes": (
        lambda x, y: engine.arctan2(x, y) + engine.sqrt(x),
        (-1.2151923592287868, 0.2869555371009184),
    ),
    "softplus": (lambda x, y: engine.softplus(x) * y, (np.inf, 0.0)),
}


@pytest.mark.parametrize(("f", "numbers"), RAISES.values(), ids=RAISES)
def test_where_python_raises_ieee_754_answers_on_both_tiers(f, numbers):
    compiled = engine.compile(f)
    for given in ((0.5, 0.75), numbers, (0.25, 0.5), numbers):
        expected = as_node(f, given, False)
        assert bits(as_node(compiled, given, False)) == bits(expected)
        assert bits(compiled(*given)) == bits(expected[0])
        arrays = [np.array([0.5, x]) for x in given]
        with np.errstate(all="ignore"):
            for order in (np.array, lambda x: engine.Tensor(x, requires_grad=True)):
                one, two = ([order(x) for x in arrays] for _ in range(2))
                y, z = compiled(*one), f(*two)
                plain = [engine.to_numpy(x) for x in (y, z)]
                np.testing.assert_allclose(*plain, rtol=1e-12)
                if isinstance(y, engine.Tensor):
                    y.sum().backward()
                    z.sum().backward()
                    for a, b in zip(one, two, strict=True):
                        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-12)
