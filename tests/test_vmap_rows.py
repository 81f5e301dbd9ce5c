"""vmap of every row and function: what a loop over the examples gives, and its gradients."""

from __future__ import annotations

import fused_cases
import numpy as np
import pytest
import shape_cases

import engine as E
import nn  # noqa: F401 - its rows, too
from engine import Tensor, grad, to_numpy, vmap

FACTORS = (1.0, 1.25, 0.5)  # of three examples


def is_floats(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def batch_of(x):
    return np.stack([x * factor for factor in FACTORS])


def looped(f, given, axes):
    rows = [
        f(*[x if axis is None else x[i] for x, axis in zip(given, axes, strict=True)])
        for i in range(len(FACTORS))
    ]
    each = list(zip(*rows, strict=True)) if isinstance(rows[0], (tuple, list)) else [rows]
    return [np.stack([to_numpy(one) for one in part]) for part in each]


def check(f, arrays):
    """f on a batch of each argument alone, and of all, against the loop."""
    floats = tuple(i for i, x in enumerate(arrays) if is_floats(x))
    for some in {floats, *[(i,) for i in floats]}:
        axes = tuple(0 if i in some else None for i in range(len(arrays)))
        pairs = zip(arrays, axes, strict=True)
        plain = [batch_of(x) if axis == 0 else x for x, axis in pairs]
        tensors = [Tensor(x) if is_floats(x) else x for x in plain]
        expected = looped(f, tensors, axes)
        for given in (plain, tensors):
            shared = [
                x if axis == 0 else y for x, y, axis in zip(given, tensors, axes, strict=True)
            ]
            found = vmap(f, axes)(*shared)
            agree(found if isinstance(found, (tuple, list)) else [found], expected, 1e-13)
        if len(expected) == 1 and expected[0].dtype.kind == "f":
            slope = grad(lambda *xs: E.sum(f(*xs) * 1.5), some)
            agree(vmap(slope, axes)(*tensors), looped(slope, tensors, axes), 1e-11)


def agree(found, expected, atol):
    for one, other in zip(found, expected, strict=True):
        assert np.shape(one) == other.shape
        np.testing.assert_allclose(to_numpy(one), other, rtol=1e-10, atol=atol)


SHAPES = [
    pytest.param(f, arrays, id=f"{name}-{i}")
    for name, cases in shape_cases.CASES.items()
    for i, (arrays, f, _) in enumerate(cases)
]


@pytest.mark.filterwarnings("ignore:.* does not depend on argument")
@pytest.mark.parametrize(("f", "arrays"), SHAPES)
def test_a_row_on_arrays_is_what_a_loop_gives(f, arrays):
    check(f, arrays)


FUSED = [
    pytest.param(name, given, id=f"{name}-{i}")
    for name, cases in fused_cases.CASES.items()
    for i, given in enumerate(cases)
    if any(map(is_floats, given[0]))  # those of single numbers are elementwise
]


@pytest.mark.parametrize(("name", "given"), FUSED)
def test_a_fused_row_is_what_a_loop_gives(name, given):
    arrays, params = given
    check(lambda *xs: E.registry[name](*xs, **params), arrays)
