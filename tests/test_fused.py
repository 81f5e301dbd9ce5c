"""Every fused op against its composed form on both tiers, and against finite differences."""

import numpy as np
import pytest
from fused_cases import CASES, of_floats, tiers
from helpers import LEAVES, leaf

import engine as E
import nn  # noqa: F401 - registers the fused ops of layers and losses
from engine import WideOp, gradcheck, to_numpy

EVERY = [(name, i) for name, cases in CASES.items() for i in range(len(cases))]
each_case = pytest.mark.parametrize(("name", "i"), EVERY)


def fused_ops():
    """Names of all fused ops."""
    return {name for name, op in E.registry.items() if op.kind == "fused"}


def test_every_fused_op_has_a_case():
    """A new one without a case fails here: add it to tests/fused_cases.py."""
    assert fused_ops() - set(CASES) == set()
    assert set(CASES) - fused_ops() == set()


def summed(y, seed):
    """y as a single number, by fixed weights, no two of them alike."""
    shape = to_numpy(y).shape
    weights = np.cos(seed + np.arange(np.prod(shape, dtype=int))).reshape(shape)
    return E.sum(y * weights) if shape else y * float(weights)


def curved(y):
    """y as a single number, not in proportion: the upstream gradient depends on the inputs too.

    A rule that loses that dependence, as by `np.asarray(g)`, is right at first order only.
    """
    return summed(y, 1) + 0.25 * summed(y * y, 7)


def derivatives(f, arrays, to_leaf):
    """Value, first and second derivatives along fixed directions, and the op names of the graph."""
    leaves = [to_leaf(x) for x in arrays]
    value = f(*leaves)
    everything = tuple(range(len(arrays)))
    first = E.grad(lambda *x: curved(f(*x)), everything)

    def slope(*x):
        total = 0.0
        for k, g in enumerate(first(*x)):
            total = total + summed(g, 2 + k)
        return total

    return to_numpy(value), [to_numpy(g) for g in first(*leaves)], [
        to_numpy(g) for g in E.grad(slope, everything)(*leaves)
    ]  # fmt: skip


def assert_same(got, expected):
    """Value, gradient and second derivatives agree."""
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-12, atol=1e-13)
    for a, b in zip(got[1] + got[2], expected[1] + expected[2], strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-11)


@each_case
def test_a_fused_op_is_what_it_is_short_for(name, i):
    arrays, fused, composed = of_floats(name, i)
    expected = derivatives(composed, arrays, LEAVES["value"])
    for tier in tiers(name):
        assert_same(derivatives(fused, arrays, LEAVES[tier]), expected)


@each_case
def test_a_fused_op_is_one_node(name, i):
    arrays, fused, _ = of_floats(name, i)
    y = fused(*[LEAVES[tiers(name)[0]](x) for x in arrays])
    assert y.op is E.registry[name]


@each_case
def test_first_and_second_derivatives_match_finite_differences(name, i):
    arrays, fused, _ = of_floats(name, i)
    if sum(np.size(x) for x in arrays):
        assert gradcheck(lambda *x: curved(fused(*x)), tuple(arrays), order=2)


@each_case
def test_a_fused_op_of_plain_inputs_just_computes(name, i):
    arrays, fused, _ = of_floats(name, i)
    y = fused(*arrays)
    assert isinstance(y, (float, np.ndarray, np.generic))
    np.testing.assert_array_equal(y, to_numpy(fused(*[LEAVES[tiers(name)[0]](x) for x in arrays])))


@each_case
def test_float32_stays_float32(name, i):
    if isinstance(E.registry[name], WideOp):
        return  # of Python numbers, which have one precision
    arrays, fused, _ = of_floats(name, i)
    exact = derivatives(fused, arrays, leaf)
    leaves = [leaf(x, np.float32) for x in arrays]
    y = fused(*leaves)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, exact[0], rtol=1e-4, atol=1e-5)
    curved(y).backward()
    for x, g in zip(leaves, exact[1], strict=True):
        assert x.grad.dtype == np.float32
        np.testing.assert_allclose(x.grad, g, rtol=1e-3, atol=1e-4)
