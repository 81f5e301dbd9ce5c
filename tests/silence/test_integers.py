"""Integers and bools of which a float is made: sums, negatives and products leave their range."""

import numpy as np
import pytest

import engine as E
import nn
from engine import Tensor

KINDS = [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


def ends(kind):
    """The smallest and the largest number of an integer dtype, and some between."""
    if kind is np.bool_:
        return np.array([False, True, True])
    limits = np.iinfo(kind)
    return np.array([limits.min, 0, 1, 100, limits.max], kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
def test_a_mean_of_integers_is_no_integer_on_the_way(kind, wrap):
    x = np.full((3, 4), ends(kind)[-1], kind)
    for axis in (None, 0, 1):
        got = E.to_numpy(E.mean(wrap(x), axis=axis))
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, x.astype(float).mean(axis))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "f",
    [
        E.sigmoid,
        E.logsigmoid,
        E.silu,
        E.softplus,
        lambda x: E.softplus(x, beta=3.0),
        lambda x: E.gelu(x, approximate="tanh"),
        E.gelu,
        E.elu,
        E.softmax,
        E.logsumexp,
        E.norm,
        E.std,
    ],
)
def test_functions_of_integers_are_those_of_the_same_floats(f, kind):
    """-x of an unsigned number is none: sigmoid(100) was 0, sigmoid(-128) of int8 was 1."""
    x = ends(kind)
    np.testing.assert_allclose(f(x), f(x.astype(float)), rtol=1e-12)
    np.testing.assert_allclose(E.to_numpy(f(Tensor(x))), f(x.astype(float)), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_of_integers_is_that_of_floats(kind):
    x = np.repeat(ends(kind), 20)
    for p in (0.1, 0.5, 1.0):
        got = nn.functional.dropout(x, p, rng=0)
        np.testing.assert_allclose(got, nn.functional.dropout(x.astype(float), p, rng=0))
    assert nn.functional.dropout(np.ones(8, np.float16), 0.5, rng=0).dtype == np.float16
