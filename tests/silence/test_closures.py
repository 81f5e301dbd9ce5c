"""Derivatives of plain arguments keep what the function closes over in the graph."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, grad, no_grad, value_and_grad

X = np.array([1.0, 2.0])


def of_each_derivative(f, x, v):
    """df/dx, times v where there is a direction, by each derivative that gives it."""
    return {
        "grad": lambda: grad(f)(x),
        "value_and_grad": lambda: value_and_grad(f)(x)[1],
        "vjp": lambda: engine.vjp(f, x)[1](1.0)[0],
        "jvp": lambda: engine.jvp(f, x, v)[1],
        "jacobian": lambda: engine.jacobian(f)(x),
        "hessian": lambda: engine.hessian(lambda x: f(x) * x)(x),  # here x is in f once
        "hvp": lambda: engine.hvp(lambda x: f(x) * x, x, v),
    }


DERIVATIVES = list(of_each_derivative(None, None, None))


def fresh(tier):
    return tier(3.0, requires_grad=True)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize(("tier", "at"), [(Value, 2.0), (Tensor, np.array(2.0))])
def test_a_leaf_closed_over_gets_its_gradient_through_each_derivative(tier, at, name):
    w = fresh(tier)
    slope = of_each_derivative(lambda x: w * x, at, np.ones(np.shape(at)))[name]()
    (w * slope).backward()  # w·w, or w·2w for the second derivatives of w x²
    assert w.grad == (12.0 if name in ("hessian", "hvp") else 6.0)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize(("tier", "at"), [(Value, 2.0), (Tensor, np.array(2.0))])
def test_without_recording_the_result_is_plain(tier, at, name):
    w = fresh(tier)
    with no_grad():
        slope = of_each_derivative(lambda x: w * x, at, np.ones(np.shape(at)))[name]()
    assert isinstance(slope, float | np.ndarray)
    assert slope == (6.0 if name in ("hessian", "hvp") else 3.0)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.parametrize("at", [2.0, np.array(2.0)])
def test_a_function_that_closes_over_nothing_gives_plain_results(at, name):
    c = Tensor(3.0) if isinstance(at, np.ndarray) else Value(3.0, requires_grad=False)
    slope = of_each_derivative(lambda x: c * x, at, np.ones(np.shape(at)))[name]()
    assert isinstance(slope, float | np.ndarray)


def test_a_result_that_the_leaf_does_not_reach_is_plain():
    w = Value(3.0)
    y, slope = value_and_grad(lambda x: x * x + w)(2.0)
    assert type(slope) is float
    y.backward()
    assert (slope, w.grad) == (4.0, 1.0)


@pytest.mark.parametrize(
    "value",
    [
        lambda f: value_and_grad(f)(2.0)[0],
        lambda f: engine.vjp(f, 2.0)[0],
        lambda f: engine.jvp(f, 2.0, 1.0)[0],
    ],
    ids=["value_and_grad", "vjp", "jvp"],
)
def test_the_value_keeps_the_leaf_too(value):
    w = Value(3.0)
    value(lambda x: w * x).backward()
    assert w.grad == 2.0
    with no_grad():
        assert type(value(lambda x: w * x)) is float


def test_an_array_of_values_closed_over_is_kept():
    w = ValueArray.of([3.0, 4.0])
    rows = engine.jacobian(lambda x: w * x)(2.0)
    rows.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_some_rows_of_a_jacobian_may_be_plain():
    w = Value(3.0)
    rows = engine.jacobian(lambda x: [w * x, x * 5.0])(2.0)
    rows.sum().backward()
    assert engine.to_numpy(rows).tolist() == [3.0, 5.0]
    assert w.grad == 1.0


def test_the_physics_term_of_a_pinn_trains_the_network():
    net = nn.Sequential(nn.Linear(1, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=1))
    z = np.array([[0.1], [0.7]])
    weight = next(net.parameters())

    def physics():
        du = grad(lambda z: net(z).sum())(z)
        return ((du - 3) ** 2).mean()

    physics().backward()
    index, h, before = (2, 0), 1e-6, np.array(weight.data)
    ends = []
    for step in (h, -h):
        moved = before.copy()
        moved[index] += step
        weight.data = moved
        ends.append(physics().item())
    assert weight.grad[index] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("tier", ["tensors", "values"])
def test_a_gradient_penalty_changes_the_weights_gradient(tier):
    net = nn.MLP([2, 3, 1], rng=0)
    model = net if tier == "tensors" else net.scalar()
    at = X if tier == "tensors" else ValueArray.of(X)
    slope = grad(lambda x: model(x).sum())(at)
    (slope**2).sum().backward()
    reference = next(net.parameters())
    by_nodes = grad(lambda x: net(x).sum())(Tensor(X, requires_grad=True))
    got = np.array(next(model.parameters()).grad)
    reference.zero_grad()
    (by_nodes**2).sum().backward()
    assert np.abs(got).max() > 0
    np.testing.assert_allclose(got, reference.grad, rtol=1e-12)


def test_an_argument_around_is_seen_by_a_derivative_inside():
    assert grad(lambda y: grad(lambda x: x * x * y)(3.0))(2.0) == 6.0


@pytest.mark.parametrize(
    "y", [Value(2.0, requires_grad=False), Tensor(2.0), ValueArray.of([2.0], requires_grad=False)]
)
def test_a_node_that_requires_no_gradient_is_seen_inside_too(y):
    at = np.array(3.0) if isinstance(y, Tensor) else 3.0
    slope = grad(lambda y: grad(lambda x: (x * x * y).sum() if y.ndim else x * x * y)(at))(y)
    assert engine.to_numpy(slope).sum() == 6.0


def test_a_result_may_hold_plain_numbers_among_values():
    w = Value(3.0)
    y, pullback = engine.vjp(lambda x: [x * x, 5.0], 2.0)
    assert y.tolist() == [4.0, 5.0]
    assert pullback(np.ones(2))[0] == 4.0
    y, _ = engine.vjp(lambda x: [w * x, 5.0], 2.0)
    y.sum().backward()
    assert w.grad == 2.0


def test_an_array_of_values_may_hold_plain_numbers():
    x = np.array([Value(2.0), 3.0], dtype=object).view(ValueArray)
    assert engine.to_numpy(grad(lambda x: (x * x).sum())(x)).tolist() == [4.0, 6.0]


def test_no_grad_inside_a_derivative_stops_the_gradient():
    def f(x):
        with no_grad():
            slope = grad(lambda z: z * z * x)(1.0)  # 2x, taken as a constant
        return slope * x

    assert grad(f)(3.0) == 6.0


@pytest.mark.parametrize(
    "node", [Value(2.0), Tensor(2.0, requires_grad=True), ValueArray.of([2.0])]
)
def test_nodes_give_nodes_without_a_graph_where_nothing_is_recorded(node):
    with no_grad():
        y, slope = value_and_grad(lambda x: (x * x).sum() if x.ndim else x * x)(node)
    assert engine.to_numpy(slope).sum() == 4.0
    assert type(slope) is type(node)
    for x in (y, *(slope.flat if isinstance(slope, ValueArray) else [slope])):
        assert not x.requires_grad


def test_a_pullback_follows_the_recording_where_it_is_called():
    w = Value(3.0)
    _, pullback = engine.vjp(lambda x: w * x, 2.0)
    pullback(1.0)[0].backward()
    assert w.grad == 1.0
    with no_grad():
        assert type(pullback(1.0)[0]) is float


def test_inside_a_derivative_of_tensors_a_number_becomes_one():
    """On Values it could not meet the Tensors that f closes over, and .item() would cut them."""
    f = lambda x: (x * grad(lambda s: s * s * x.sum())(2.0)).sum()  # noqa: E731 - 4 (Σx)²
    assert grad(f)(X).tolist() == [24.0, 24.0]


def test_outside_a_derivative_a_number_among_tensors_says_what_to_write():
    t = Tensor(X, requires_grad=True)
    with pytest.raises(TypeError, match=r"do not mix .* a Tensor \(np.array\(2.0\)") as caught:
        grad(lambda s: (s * t).sum())(2.0)
    assert ".item()" not in str(caught.value)
    slope = grad(lambda s: (s * t).sum())(np.array(2.0))
    slope.backward()
    assert t.grad.tolist() == [1.0, 1.0]


def test_several_results_can_be_checked():
    assert engine.gradcheck(lambda x: engine.stack([x, 2 * x]), 3.0)
    assert engine.gradcheck(lambda x: [x, 2 * x], 3.0)
    assert engine.gradcheck(lambda x: [x.sum(), x[0] * x[1]], X)


@pytest.mark.parametrize("at", [2.0, np.array([2.0, 1.0])], ids=["a number", "an array"])
def test_what_stands_for_the_argument_of_an_inner_derivative_is_no_leaf_of_anybody(at):
    """Else the outer result would come back as a node, though all that was given is plain."""

    def f(w):
        return (w * grad(lambda s: (w * s * s).sum())(at)).sum()

    w = np.array([1.0, 2.0])
    value, gradient = value_and_grad(f)(w)
    assert type(gradient) is np.ndarray
    assert type(value) is float
    numeric = [(f(w + h) - f(w - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(gradient, [x.item() for x in numeric], rtol=1e-6)
    assert type(grad(lambda v: v * grad(lambda s: v * s * s)(2.0))(3.0)) is float


def test_leaves_that_a_function_makes_for_itself_are_nobodys():
    """`total = Value(0.0)` in a loss made its value and its gradient nodes, in twice the time."""

    def loss(w):
        total = Value(0.0)
        for i in range(3):
            total += (w * i) ** 2
        return total

    assert value_and_grad(loss)(2.0) == (20.0, 20.0)
    assert type(value_and_grad(loss)(2.0)[0]) is float
    assert type(grad(lambda w: Value(3.0) * w * w)(2.0)) is float
    assert type(grad(grad(lambda w: Value(3.0) * w**3))(2.0)) is float
    assert type(grad(lambda w: (nn.Linear(2, 1)(w) ** 2).sum())(X)) is np.ndarray
    own = Tensor(X, requires_grad=True)
    assert type(grad(lambda w: ((own * 1.0).detach() * w).sum())(X)) is np.ndarray


@pytest.mark.parametrize("tier", [Value, Tensor])
@pytest.mark.parametrize("keep", [lambda c: c, lambda c: c * 2.0, lambda c: (c * 2.0) * 5.0])
def test_what_somebody_holds_of_a_leaf_keeps_the_graph(tier, keep):
    """The leaf itself, or what depends on it, from outside or from inside the function."""
    at = 2.0 if tier is Value else np.array(2.0)
    held = keep(fresh(tier))
    kept = []

    def f(x):
        kept.append(keep(fresh(tier)))
        return kept[-1] * x * x

    for slope in (grad(lambda x: held * x * x)(at), grad(f)(at)):
        assert isinstance(slope, tier)
    slope.backward(retain_grads=True)
    assert kept[-1].grad == 4.0


def test_what_a_function_returns_as_it_is_stays_a_node():
    own = Value(3.0)
    with pytest.warns(UserWarning, match="does not depend"):
        value, _ = value_and_grad(lambda x: own)(2.0)
    assert value is own


def test_where_references_are_not_counted_leaves_may_be_anybodys(monkeypatch):
    monkeypatch.setattr(engine.references, "HELD_ONCE", None)
    assert isinstance(grad(lambda w: Value(3.0) * w * w)(2.0), Value)
