"""Of every row: all tangents pushed at once are all cotangents pulled back one by one."""

from __future__ import annotations

import fused_cases
import numpy as np
import pytest
import shape_cases
from strategies import case_id, elementwise_ops

import engine as E
import nn  # noqa: F401 - its rows, too
from engine import Tensor, jacfwd, jacobian, jacrev
from engine.batching import push_at_once
from engine.forward import pushed

SHAPES = [
    pytest.param(f, arrays, id=f"{name}-{i}")
    for name, cases in shape_cases.CASES.items()
    for i, (arrays, f, _) in enumerate(cases)
    if name != "as_integers"  # which have no derivative
]
FUSED = [
    pytest.param(lambda *xs, name=name, how=how: E.registry[name](*xs, **how), arrays, id=name)
    for name, cases in fused_cases.CASES.items()
    for arrays, how in cases
]


@pytest.mark.filterwarnings("ignore:.* does not depend on argument")
@pytest.mark.parametrize(("f", "arrays"), SHAPES + FUSED)
def test_forward_at_once_is_reverse_one_by_one(f, arrays):
    floats = tuple(i for i, x in enumerate(arrays) if getattr(x, "dtype", "i") == np.float64)
    if not floats:
        floats = tuple(range(len(arrays)))  # numbers of a neuron

    def numbers(*xs):
        y = f(*xs)
        return list(y) if isinstance(y, (tuple, list)) else y

    forward, reverse = jacfwd(numbers, floats)(*arrays), jacrev(numbers, floats)(*arrays)
    for one, other in zip(flat(forward), flat(reverse), strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def flat(x):
    return [y for part in x for y in flat(part)] if isinstance(x, (tuple, list)) else [x]


@pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)
def test_elementwise_rows_broadcast_their_tangents(case):
    """Inputs of several shapes, and a number beside arrays."""
    (op, params), rng = case, np.random.default_rng(1)
    shapes = [(2, 3), (3,), (1, 1)][: op.n_inputs]
    lows = [max(interval.lo, 0.0) for interval in op.domain]
    arrays = [low + rng.uniform(0.2, 0.8, shape) for low, shape in zip(lows, shapes, strict=True)]
    if op.name == "where":
        arrays[0] = arrays[0] > 0.5
    nodes = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays]
    y = op(*nodes, **params)
    given = {x: rng.normal(size=(4, *x.shape)) for x in nodes if x.requires_grad}
    found = dict(given)
    push_at_once([y], found, 4)
    for i in range(4):
        tangents = [given[x][i] if x in given else None for x in nodes]
        one = pushed(op, tangents, y.data, arrays, dict(y.params))
        np.testing.assert_allclose(found[y][i], one, rtol=1e-13, atol=1e-14)


def test_float16_and_many_columns_come_in_portions(monkeypatch):
    x = np.array([0.5, -1.0, 2.0], np.float16)
    assert jacfwd(lambda x: E.tanh(x) * x)(x).dtype == np.float16
    np.testing.assert_allclose(
        jacfwd(lambda x: E.tanh(x) * x)(x), jacrev(lambda x: E.tanh(x) * x)(x), rtol=2e-3
    )
    whole = jacobian(lambda x: E.outer(x, x))(np.arange(5.0))
    monkeypatch.setattr("engine.derivatives.jacobians._AT_ONCE", 100)
    np.testing.assert_array_equal(jacobian(lambda x: E.outer(x, x))(np.arange(5.0)), whole)


def test_where_no_gradient_flows_there_are_zeros():
    f = lambda x: E.concatenate([E.sign(x), x[E.as_integers(x * 0.0)]])  # noqa: E731
    np.testing.assert_array_equal(jacfwd(f)(np.array([1.0, 2.0])), [[0, 0], [0, 0], [1, 0], [1, 0]])


def test_a_users_row_whose_rule_gives_all_gradients_at_once():
    def rules(g, y, a, b):
        return g * b * 2.0, None

    dot = E.fused(vjp_all=rules, name="dot_of_jacobians", elements=lambda a, b: a @ b)(
        lambda a, b: np.sum(a * b) * 2.0
    )
    try:
        a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
        found = jacfwd(lambda a, b: dot(a, b) * a, (0, 1))(a, b)
        np.testing.assert_allclose(found[0], np.outer(a, 2 * b) + 2 * (a @ b) * np.eye(2))
        np.testing.assert_array_equal(found[1], np.zeros((2, 2)))
    finally:
        E.unregister("dot_of_jacobians")
