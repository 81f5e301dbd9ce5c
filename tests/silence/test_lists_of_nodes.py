"""Lists and tuples of nodes are stacked, and tracked, wherever an array is taken."""

from fractions import Fraction

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, array_of, grad, no_grad

X = np.array([1.0, 2.0])


def leaves(tier, array):
    """Nodes for the numbers of an array, that require a gradient."""
    array = np.asarray(array, dtype=float)
    make = Value if tier == "values" else lambda x: Tensor(x, requires_grad=True)
    return [make(float(x)) for x in array.ravel()]


def whole(tier, array):
    return ValueArray.of(array) if tier == "values" else Tensor(array, requires_grad=True)


TIERS = pytest.mark.parametrize("tier", ["values", "tensors"])


@TIERS
def test_a_product_with_a_list_of_its_own_elements_has_its_whole_gradient(tier):
    for product in (
        lambda w: w * [w[0], w[1]],
        lambda w: [w[0], w[1]] * w,
        lambda w: (w[0], w[1]) * w,
        lambda w: engine.mul(w, [w[0], w[1]]),
        lambda w: engine.mul([w[0], w[1]], [w[0], w[1]]),
        lambda w: engine.where([True, True], w * w, [w[0], w[1]]),
        lambda w: engine.einsum("i,i->i", w, [w[0], w[1]]),
        lambda w: engine.concatenate([[w[0] * w[0]], w[1:] * w[1]]),
        lambda w: engine.stack([[w[0] * w[0], w[1] * w[1]]])[0],
    ):
        w = whole(tier, X)
        product(w).sum().backward()
        assert w.grad.tolist() == [2.0, 4.0]


@TIERS
def test_lists_nest_and_hold_plain_numbers_too(tier):
    a, b = leaves(tier, X)
    y = engine.sum([[a, 2.0], (b * b, 3)])
    y.backward()
    assert y.item() == 10.0
    assert (a.grad, b.grad) == (1.0, 4.0)


@TIERS
def test_lists_may_hold_nodes_with_axes(tier):
    w = whole(tier, X)
    y = engine.sum([w, w * w, X])
    y.backward()
    assert y.item() == 11.0
    assert w.grad.tolist() == [3.0, 5.0]


@TIERS
def test_ragged_lists_are_refused(tier):
    w = whole(tier, X)
    for ragged in ([w, w[:1]], [w[0], [w[1]]], [[w[0], w[1]], [w[0]]]):
        with pytest.raises(ValueError, match=r"one shape|inhomogeneous"):
            engine.sum(ragged)


def test_tiers_in_one_list_do_not_mix():
    v, t = Value(1.0), Tensor(1.0, requires_grad=True)
    for mixed in ([v, t], [t, v], [[v], [t]]):
        with pytest.raises(TypeError, match="do not mix"):
            engine.sum(mixed)
    with pytest.raises(TypeError, match="do not mix"):
        ValueArray.of(X) * [t, t]
    with pytest.raises(TypeError, match="do not mix"):
        engine.matmul(ValueArray.of(X), [t, t])
    with pytest.raises(TypeError, match="do not mix"):
        Tensor(X) * [v, v]


@TIERS
def test_an_array_of_a_list_is_what_it_stands_for(tier):
    a, b = leaves(tier, X)
    assert type(array_of([a, b])) is (ValueArray if tier == "values" else Tensor)
    assert type(array_of((1.0, 2))) is np.ndarray
    assert array_of(np.array(["a", None], dtype=object)).dtype == object


def test_without_recording_a_list_of_tensors_is_still_one():
    a = Tensor(1.0, requires_grad=True)
    with no_grad():
        y = engine.sum([a, 2.0])
    assert isinstance(y, Tensor)
    assert not y.requires_grad
    assert engine.sum([Tensor(1.0), 2.0]).item() == 3.0


def test_a_new_tensor_of_a_list_would_cut_the_graph():
    a, b = leaves("tensors", X)
    for make in (Tensor, nn.Parameter, lambda x: Tensor([x, x]), (a * b).backward):
        with pytest.raises(TypeError, match=r"would not pass on: engine.stack"):
            make([a, b])
    with pytest.raises(TypeError, match="the two tiers do not mix"):
        Tensor(leaves("values", X))
    with no_grad():
        assert Tensor([a, [b][0]]).tolist() == [1.0, 2.0]
    assert Tensor([Tensor(1.0), 2.0], dtype=np.float32).dtype == np.float32


@TIERS
def test_an_argument_of_a_derivative_may_be_a_list_of_nodes(tier):
    a, b = leaves(tier, X)
    slope = grad(lambda x: (x * x * x).sum())([a, b])
    slope.sum().backward()
    assert engine.to_numpy(slope).tolist() == [3.0, 12.0]
    assert (a.grad, b.grad) == (6.0, 12.0)


@TIERS
def test_a_function_may_return_nested_lists_of_nodes(tier):
    x = whole(tier, X)
    rows = engine.jacobian(lambda x: [[x[0], 1.0], (x[1], x[0] * x[1])])(x)
    assert engine.to_numpy(rows).tolist() == [[[1, 0], [0, 0]], [[0, 1], [2, 1]]]


# --- every function ---

#: What takes something else than one array, or gives several.
OTHERWISE = {
    "einsum",
    "unbind",
    "split",
    "chunk",
    "concatenate",
    "cat",
    "qr",
    "slogdet",
    "stack",
}


def arrays_functions():
    """The functions of one array, and what they give for [[0.3, 0.6], [0.7, 0.2]]."""
    at = np.array([[0.3, 0.6], [0.7, 0.2]])
    for name, function in sorted((engine.registry | engine.functions).items()):
        try:
            y = np.asarray(function(at))
        except Exception:  # it needs something else
            continue
        if y.dtype.kind == "f" and name not in OTHERWISE:
            yield name, function, at


FUNCTIONS = {name: (function, at) for name, function, at in arrays_functions()}


@TIERS
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_an_array_takes_a_list_of_nodes(tier, name):
    function, at = FUNCTIONS[name]
    a, b, c, d = nodes = leaves(tier, at)
    y = function([[a, b], (c, d)])
    expected = whole(tier, at)
    z = function(expected)
    np.testing.assert_array_equal(engine.to_numpy(y), engine.to_numpy(z))
    weights = np.linspace(1.0, 2.0, z.size).reshape(z.shape)
    for result in (y, z):
        total = engine.sum(result * weights)
        if getattr(total, "requires_grad", False):
            total.backward()
    want = 0.0 if expected.grad is None else expected.grad
    got = [0.0 if node.grad is None else node.grad for node in nodes]
    np.testing.assert_allclose(np.reshape(got, (2, 2)), want + np.zeros((2, 2)), rtol=1e-14)


# --- layers and losses ---


@TIERS
def test_a_layer_tracks_a_list_of_nodes(tier):
    layer = nn.Linear(2, 1, rng=0)
    layer = layer.scalar() if tier == "values" else layer
    w = whole(tier, X)
    layer([[w[0] * 2, w[1]]]).sum().backward()
    slope = engine.to_numpy(layer.weight.values if tier == "values" else layer.weight.data)
    np.testing.assert_allclose(w.grad, slope[0] * [2.0, 1.0])


@TIERS
@pytest.mark.parametrize(
    "loss", [nn.functional.mse_loss, nn.functional.l1_loss, nn.functional.smooth_l1_loss,
             nn.functional.huber_loss]
)  # fmt: skip
def test_a_loss_tracks_lists_on_both_sides(tier, loss):
    got = {}
    for form in ("list", "array"):
        w, t = whole(tier, X), whole(tier, [0.5, 3.0])
        loss(*([[x[0], x[1]] for x in (w, t)] if form == "list" else (w, t))).backward()
        got[form] = np.array([w.grad, t.grad])
    assert np.abs(got["list"]).min() > 0
    np.testing.assert_allclose(got["list"], got["array"], rtol=1e-14)


@TIERS
def test_cross_entropy_and_embedding_track_lists(tier):
    w = whole(tier, [[1.0, 2.0], [0.5, 0.0]])
    nn.functional.cross_entropy([[w[0, 0], w[0, 1]], [w[1, 0], w[1, 1]]], [0, 1]).backward()
    again = whole(tier, [[1.0, 2.0], [0.5, 0.0]])
    nn.functional.cross_entropy(again, [0, 1]).backward()
    np.testing.assert_allclose(w.grad, again.grad)
    w = whole(tier, X)
    nn.functional.embedding([1, 1], [[w[0]], [w[1]]]).sum().backward()
    assert w.grad.tolist() == [0.0, 2.0]


NOT_DIFFERENTIATED = {
    "class weights": lambda w: nn.functional.cross_entropy(np.ones((2, 2)), [0, 1], weight=w),
    "nll weights": lambda w: nn.functional.nll_loss(-np.ones((2, 2)), [0, 1], weight=w),
    "pos_weight": lambda w: nn.functional.binary_cross_entropy_with_logits(
        X, [1.0, 0.0], pos_weight=w
    ),
    "running mean": lambda w: nn.functional.batch_norm(np.ones((3, 2)), w, X),
    "running var": lambda w: nn.functional.batch_norm(np.ones((3, 2)), X, w),
}


@TIERS
@pytest.mark.parametrize("use", NOT_DIFFERENTIATED.values(), ids=NOT_DIFFERENTIATED)
def test_what_is_not_differentiated_is_refused_with_a_gradient_to_lose(tier, use):
    w = whole(tier, X)
    for form in (w, [w[0], w[1]]):
        with pytest.raises(TypeError, match="is not differentiated and must be plain"):
            use(form)
        with no_grad():
            assert engine.to_numpy(use(form)).tolist() == engine.to_numpy(use(X)).tolist()


# --- what only looks at a list ---


@TIERS
def test_what_takes_no_more_than_a_list_s_shape_is_quiet(tier):
    a, b = leaves(tier, X)
    assert (np.shape([a, b]), np.ndim([[a], [b]]), np.size([a, b])) == ((2,), 2, 2)
    w = whole(tier, X)
    assert np.shape([w, w]) == (2, 2)


@TIERS
def test_the_numbers_of_a_list_are_given_on_purpose(tier):
    a, b = leaves(tier, X)
    assert engine.to_numpy([a, [b][0]]).tolist() == [1.0, 2.0]
    assert engine.to_numpy([[a, 3.0]]).tolist() == [[1.0, 3.0]]
    w = whole(tier, X)
    assert engine.to_numpy([w, w]).tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_a_comparison_with_a_list_of_nodes_is_quiet():
    w = Tensor(X, requires_grad=True)
    assert (w > [w[0], 1.5]).tolist() == [False, True]
    assert grad(lambda w: ((w >= [w[1], 1.5]) * w).sum())(X).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("call", [engine.sum, engine.exp, engine.mean, engine.tanh, engine.max])
@pytest.mark.parametrize(
    "given",
    [lambda w: (x * x for x in w), set, iter, lambda w: dict.fromkeys(w), lambda w: map(abs, w)],
)
def test_what_is_no_list_is_named(call, given):
    """`engine.sum(x * x for x in w)` gave the generator back, `engine.exp` never came to an end."""
    with pytest.raises(TypeError, match=r"numbers or arrays are taken, got \w+: make a list"):
        call(given([Value(1.0), Value(2.0)]))


def test_a_number_that_numpy_does_not_know_is_named():
    with pytest.raises(TypeError, match=r"got Fraction: .* a float of another number"):
        engine.exp(Fraction(1, 2))
