"""What a result is, by every way in which one is recorded."""

import numpy as np
import pytest

import engine
import nn  # noqa: F401 - its fused ops
from engine import Tensor, Value, toposort

WIDE = next(op for op in engine.registry.values() if op.variadic and op.kind == "fused")

#: by what one writes: the name of the op, and how to record it of x and y
OF_VALUES = {
    "x + y": ("add", lambda x, y: x + y),
    "x + 2.0": ("add", lambda x, y: x + 2.0),
    "x + 2": ("add", lambda x, y: x + 2),
    "2.0 + x": ("add", lambda x, y: 2.0 + x),
    "2 + x": ("add", lambda x, y: 2 + x),
    "x * y": ("mul", lambda x, y: x * y),
    "x * 2.0": ("mul", lambda x, y: x * 2.0),
    "x * 2": ("mul", lambda x, y: x * 2),
    "2.0 * x": ("mul", lambda x, y: 2.0 * x),
    "2 * x": ("mul", lambda x, y: 2 * x),
    "x - y": ("sub", lambda x, y: x - y),
    "2 - x": ("sub", lambda x, y: 2 - x),
    "x / y": ("div", lambda x, y: x / y),
    "2 / x": ("div", lambda x, y: 2 / x),
    "x**2": ("pow", lambda x, y: x**2),
    "2**x": ("pow", lambda x, y: 2**x),
    "-x": ("neg", lambda x, y: -x),
    "tanh(x)": ("tanh", lambda x, y: engine.tanh(x)),
    "clip(x)": ("clip", lambda x, y: engine.clip(x, 0.0, 1.0)),
    "where": ("where", lambda x, y: engine.where(True, x, y)),
}


def leaves():
    return Value(3.0, label="x"), Value(5.0, label="y")


@pytest.mark.parametrize("way", OF_VALUES)
def test_a_result_of_values_is_complete_and_fresh(way):
    name, record = OF_VALUES[way]
    y = record(*leaves())
    assert type(y) is Value
    assert type(y.data) is float
    assert y.op is engine.registry[name]
    assert (y.label, y.grad, y.has_grad, y.requires_grad, y.is_leaf) == (
        "",
        0.0,
        False,
        True,
        False,
    )
    assert all(type(x) in (float, Value) for x in y.inputs)
    assert repr(y).startswith("Value(data=")


@pytest.mark.parametrize("way", OF_VALUES)
def test_without_recording_a_result_of_values_is_a_leaf(way):
    _, record = OF_VALUES[way]
    recorded = record(*leaves())
    with engine.no_grad():
        y = record(*leaves())
    assert y.data == recorded.data
    assert (y.op, y.inputs, y.label, y.requires_grad) == (None, (), "", False)


@pytest.mark.parametrize("way", OF_VALUES)
def test_who_is_watched_records_the_same(way):
    """The ways tightened by hand stand aside then; the inputs keep their order."""
    seen = []

    class Watcher:
        def recorded(self, op, node, inputs):
            seen.append((op, node, inputs))

    name, record = OF_VALUES[way]
    x, y = leaves()
    alone = record(x, y)
    before = engine.watch(Watcher())
    try:
        watched = record(x, y)
    finally:
        engine.watch(before)
    assert (watched.op, watched.data, watched.inputs) == (alone.op, alone.data, alone.inputs)
    assert seen == [(engine.registry[name], watched, watched.inputs)]


def test_a_number_of_numpy_is_an_input_in_its_place():
    x = Value(3.0)
    for number in (np.float64(2.0), np.float32(2.0), np.int64(2)):
        assert [(x + number).inputs, (number + x).inputs] == [(x, 2.0), (2.0, x)]
        assert [(x * number).inputs, (number * x).inputs] == [(x, 2.0), (2.0, x)]


@pytest.mark.parametrize("way", OF_VALUES)
def test_a_result_of_tensors_is_complete_and_fresh(way):
    name, record = OF_VALUES[way]
    a, b = (Tensor([n], requires_grad=True, label="leaf") for n in (3.0, 5.0))
    y = record(a, b)
    assert type(y) is Tensor
    assert y.op is engine.registry[name]
    assert (y.label, y.grad, y.requires_grad, y.is_leaf) == ("", None, True, False)
    assert a in y.inputs or b in y.inputs
    with engine.no_grad():
        free = record(a, b)
    np.testing.assert_array_equal(free.data, y.data)
    assert (free.op, free.inputs, free.label, free.requires_grad) == (None, (), "", False)


@pytest.mark.parametrize("way", OF_VALUES)
def test_a_result_of_tensors_requires_a_gradient_if_one_of_them_does(way):
    _, record = OF_VALUES[way]
    for needs in ((True, False), (False, True), (False, False)):
        a, b = (Tensor([n], requires_grad=need) for n, need in zip((3.0, 5.0), needs, strict=True))
        y = record(a, b)
        used = (True, "y" in way or way == "where")
        expected = any(need and use for need, use in zip(needs, used, strict=True))
        assert y.requires_grad is expected
        assert (y.op is not None) is expected


def test_a_wide_result_is_complete_and_fresh():
    x, y = leaves()
    z = WIDE(x, 2.0, y, np.float64(4.0))
    assert (z.label, z.grad, z.has_grad, z.op) == ("", 0.0, False, WIDE)
    assert z.inputs == (x, 2.0, y, 4.0)
    assert [type(part) for part in z.inputs] == [Value, float, Value, float]
    with engine.no_grad():
        free = WIDE(x, 2.0, y, 4.0)
    assert (free.data, free.op, free.inputs) == (z.data, None, ())


def test_nothing_flows_to_the_constants_of_a_wide_op():
    x, y = leaves()
    z = WIDE(x, 2.0, y, 4.0)
    parts = z.pull(Value(1.0))
    assert [part is None for part in parts] == [False, True, False, True]


@pytest.mark.parametrize("tier", [Value, Tensor])
def test_an_error_names_the_input_it_means(tier):
    x = tier(1.0)
    for call, which in (
        (lambda: engine.add("a", x), 0),
        (lambda: engine.add(x, "b"), 1),
        (lambda: engine.where(True, x, "c"), 2),
    ):
        with pytest.raises(TypeError, match=rf"input {which} of"):
            call()


@pytest.mark.parametrize("wrong", [0, 1])
@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_names_the_rule_it_means(wrong, create_graph):
    """Of each input its own: a rule that answers with a wrong shape, or with no number."""
    rules = [lambda g, y, a, b: g, lambda g, y, a, b: g]

    def too_long(g, y, a, b):
        return engine.concatenate([g, g])

    def text(g, y, a, b):
        return "no number"

    for rule, error in ((too_long, ValueError), (text, TypeError)):
        if create_graph and rule is text:
            continue  # becomes a node, and is refused there
        rules[wrong] = rule
        op = engine.shape_op(*rules, name="planted")(lambda a, b: a + b)
        try:
            a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
            with pytest.raises(error, match=rf"vjp {wrong} of 'planted'"):
                op(a, b).backward(np.ones(1), create_graph=create_graph)
        finally:
            engine.unregister("planted")


def test_the_order_of_a_graph_ends_with_its_root():
    x, y = leaves()
    z = x * y + x
    order = toposort(z)
    assert order[-1] is z
    assert [node.label for node in order if node.is_leaf] == ["x", "y"]
