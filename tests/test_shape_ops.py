"""Every op and function on whole arrays against a reference: the same program on Values.

Each case is a function of arrays; it is run on Tensors, on arrays of Values (where every sum,
product or choice is made number by number) and on plain arrays, where NumPy's own result is
pinned as well.  The second order is checked by differentiating the gradient.
"""

import numpy as np
import pytest
from helpers import LEAVES
from shape_cases import CASES, TIES

import engine as E
from engine import Tensor, core, gradcheck, to_numpy

EVERY = [(name, i) for name, cases in CASES.items() for i in range(len(cases))]
each_case = pytest.mark.parametrize(("name", "i"), EVERY)


def run(f, arrays, tier, weights=None):
    """f's numbers and the gradients of sum(f * weights), on one tier."""
    nodes = [LEAVES[tier](x) for x in arrays]
    y = f(*nodes)
    numbers = to_numpy(y)
    weights = np.cos(np.arange(numbers.size)).reshape(numbers.shape)
    total = E.sum(y * weights) if numbers.ndim else y * float(weights)
    if isinstance(total, (Tensor, E.Value)) and total.requires_grad:
        total.backward()
    grads = [np.zeros(x.shape) if n.grad is None else n.grad for n, x in zip(nodes, arrays)]  # noqa: B905 - of equal length by construction
    return numbers, grads


@each_case
def test_both_tiers_and_numpy_give_the_same_numbers(name, i):
    arrays, f, reference = CASES[name][i]
    on_tensors, _ = run(f, arrays, "tensor")
    on_values, _ = run(f, arrays, "value")
    expected = reference(*arrays)

    assert on_tensors.shape == np.shape(expected)
    np.testing.assert_allclose(on_tensors, expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(on_values, expected, rtol=1e-13, atol=1e-13)


@each_case
def test_gradients_are_those_of_the_same_program_on_values(name, i):
    arrays, f, _ = CASES[name][i]
    _, on_tensors = run(f, arrays, "tensor")
    _, on_values = run(f, arrays, "value")

    for got, expected, x in zip(on_tensors, on_values, arrays, strict=True):
        assert got.shape == x.shape
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@each_case
def test_first_and_second_derivatives_match_finite_differences(name, i):
    arrays, f, _ = CASES[name][i]
    if arrays[0] is TIES:  # a corner: finite differences need another place
        arrays = tuple(x + np.linspace(0, 0.3, x.size).reshape(x.shape) for x in arrays)

    def curved(*x):
        """Not y alone: rules have to pass on the graph of what they are given."""
        y = f(*x)
        return y if name in ("any", "all") else y + 0.25 * y * y  # those jump at their zeros

    if sum(x.size for x in arrays):
        assert gradcheck(curved, tuple(arrays), order=2)


@each_case
def test_plain_arrays_just_compute(name, i):
    arrays, f, reference = CASES[name][i]
    try:
        got = f(*arrays)
    except (AttributeError, TypeError, ValueError):
        got = None  # a method arrays do not have, or name otherwise; functions must all work
        assert_uses_methods(f)
    if got is not None:
        np.testing.assert_allclose(np.asarray(got), reference(*arrays), rtol=1e-13, atol=1e-13)


def assert_uses_methods(f):
    """That a case calls a method of its argument, rather than a function of engine."""
    assert f.__code__.co_names[:1] != ("E",), f.__code__.co_names


@each_case
def test_layout_of_inputs_and_upstream_gradients_does_not_matter(name, i):
    arrays, f, _ = CASES[name][i]
    expected_y, expected = run(f, arrays, "tensor")

    for layout in (columns_first, reversed_strides, padded_strides):
        y, got = run(f, [layout(x) for x in arrays], "tensor")
        np.testing.assert_allclose(y, expected_y, rtol=1e-13, atol=1e-13)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)

    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    if y.requires_grad:
        weights = np.cos(np.arange(y.size)).reshape(y.shape)
        y.backward(reversed_strides(weights))
        for leaf, want in zip(leaves, expected, strict=True):
            got = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


def columns_first(x):
    """The same numbers in Fortran order."""
    return np.array(x, order="F")


def reversed_strides(x):
    """The same numbers, every axis stored backwards."""
    flipped = tuple(slice(None, None, -1) for _ in x.shape)
    return np.array(x[flipped], order="C")[flipped]


def padded_strides(x):
    """The same numbers, every second element of a larger array."""
    wide = np.zeros((*x.shape, 2))
    wide[..., 0] = x
    return wide[..., 0]


@each_case
def test_float32_stays_float32(name, i):
    arrays, f, _ = CASES[name][i]
    if name in ("as_integers", "cast", "argmax", "argmin", "argsort"):
        return  # these cases mix in float64 or int64, which promote
    leaves = [Tensor(x, requires_grad=True, dtype=np.float32) for x in arrays]
    y = f(*leaves)
    assert y.dtype == np.float32
    if y.requires_grad:
        y.backward(np.ones(y.shape))
        for leaf in leaves:
            assert leaf.grad is None or leaf.grad.dtype == np.float32


def test_every_op_and_function_on_arrays_has_a_case():
    """A new one without a case fails here."""
    shape_ops = {name for name, op in E.registry.items() if op.kind == "shape"}
    wanted = shape_ops | set(core.functions)
    assert wanted - set(CASES) == set()
    assert set(CASES) - wanted == set()


def test_every_function_is_public():
    for name in [*core.functions, *E.registry]:
        assert hasattr(E, name) or hasattr(E.linalg, name), name
