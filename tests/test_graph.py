"""Graphs: the one order of walking, very long and very tangled ones, the same node twice."""

import copy
import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest
from helpers import leaf

import engine as E
from engine import Tensor, Value, ValueArray
from engine.passes import recent_passes

# --- the order ---


def test_inputs_come_before_results_left_first_and_each_node_once():
    a, b, c = (Value(x, label=n) for x, n in ((1.0, "a"), (2.0, "b"), (3.0, "c")))
    y = (a * b) + (c * a)
    assert [n.label or n.op.name for n in E.toposort(y)] == ["a", "b", "mul", "c", "mul", "add"]
    assert E.toposort(a) == [a]


def test_the_order_of_tensors_is_the_same():
    a, b = leaf([1.0]), leaf([2.0])
    y = E.where([True], a * b, a) + E.concatenate([b, a])[:1]
    order = E.toposort(y)
    assert order[-1] is y
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    for node in order:
        assert all(place[x] < place[node] for x in node.inputs if isinstance(x, Tensor))


@pytest.mark.parametrize("root", [3.0, None, np.zeros(2), "x"])
def test_only_nodes_have_an_order(root):
    with pytest.raises(TypeError, match="root must be a Value or a Tensor, got"):
        E.toposort(root)


def test_a_node_is_plain_data():
    a = Value(2.0)
    y = E.leaky_relu(a, 0.1)
    assert y.op is E.leaky_relu
    assert y.inputs == (a,)
    assert y.params == {"negative_slope": 0.1}
    assert (a * 3).inputs == (a, 3.0)
    assert (a * a).inputs == (a, a)
    assert E.where(True, a, 4).inputs == (1.0, a, 4.0)
    assert a.inputs == ()
    assert a.op is None
    x = leaf([1.0, 2.0])
    y = x.sum(axis=0)
    assert (y.op, y.inputs) == (E.sum, (x,))
    assert y.params == {"axis": 0, "keepdims": False}
    assert (x * x).inputs == (x, x)
    assert (x * x).params == {}


# --- the same node twice ---


@pytest.mark.parametrize(
    ("compute", "value", "slope"),
    [
        (lambda x: x * x, 9.0, 6.0),
        (lambda x: x + x, 6.0, 2.0),
        (lambda x: x - x, 0.0, 0.0),
        (lambda x: x / x, 1.0, 0.0),
        (lambda x: x * x * x, 27.0, 27.0),
        (lambda x: E.maximum(x, x), 3.0, 1.0),
        (lambda x: E.where(True, x, x), 3.0, 1.0),
        (lambda x: E.hypot(x, x), 18**0.5, 2**0.5),
        (lambda x: x**x, 27.0, 27 * (np.log(3) + 1)),
        (lambda x: (x + x) + (x + x), 12.0, 4.0),
        (lambda x: E.neg(-x), 3.0, 1.0),
    ],
)
def test_a_node_used_twice_gets_both_parts(compute, value, slope):
    x, t = Value(3.0), leaf([3.0])
    for node in (x, t):
        for passes in (1, 2):
            node.zero_grad()
            y = compute(node)
            for _ in range(passes):
                y.backward()
            np.testing.assert_allclose(np.ravel(y.data), [value], rtol=1e-15)
            np.testing.assert_allclose(np.ravel(node.grad), [passes * slope], rtol=1e-14)


def test_matrices_and_pieces_used_twice():
    v = leaf([1.0, 2.0, 3.0])
    (v @ v).backward()
    assert v.grad.tolist() == [2.0, 4.0, 6.0]

    m = leaf([[1.0, 2.0], [3.0, 4.0]])
    (m @ m).sum().backward()
    assert m.grad.tolist() == [[7.0, 11.0], [9.0, 13.0]]
    m.zero_grad()
    (m @ m.T).sum().backward()
    assert m.grad.tolist() == [[8.0, 12.0], [8.0, 12.0]]

    for join in (E.concatenate, E.stack):
        x = leaf([1.0, 2.0])
        (join([x, x]) * join([x, [1.0, 1.0]])).sum().backward()
        assert x.grad.tolist() == [3.0, 5.0]


@pytest.mark.usefixtures("own_ops")
def test_a_custom_op_with_one_parent_in_every_place():
    op = E.elementwise(
        "volume", lambda a, b, c: a * b * c,
        lambda g, y, a, b, c: g * b * c,
        lambda g, y, a, b, c: g * a * c,
        lambda g, y, a, b, c: g * a * b,
    )  # fmt: skip
    x, t = Value(2.0), leaf([2.0])
    for node in (x, t):
        y = op(node, node, node)
        assert y.inputs == (node, node, node)
        y.backward()
        assert np.ravel(node.grad).tolist() == [12.0]
        node.zero_grad()
        y.backward(create_graph=True)
        assert np.ravel(node.grad.data).tolist() == [12.0]


def test_equal_leaves_stay_distinct():
    a, b = leaf(1.0), leaf(1.0)
    E.maximum(a, b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)
    assert len(E.toposort(a + b)) == 3


# --- tangled ---


def test_a_diamond_of_60_doublings():
    for x in (Value(1.0), leaf([1.0])):
        y = x
        for _ in range(60):
            y = y + y
        assert len(E.toposort(y)) == 61
        y.backward()
        assert np.ravel(x.grad).tolist() == [2.0**60]
    a = Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4.0


def test_a_diamond_differentiated_with_create_graph():
    x = Value(1.0)
    y = x
    for _ in range(30):
        y = y * 1.0 + y
    y.backward(create_graph=True)
    assert x.grad.data == 2.0**30


def test_a_node_whose_use_comes_before_and_after_others():
    """The order in which inputs are met must not decide when a node is passed on."""
    for order in itertools.permutations(range(3)):
        x = Value(2.0)
        h = x * x
        parts = [h, h * h, E.tanh(h) * 0.0 + x]
        y = parts[order[0]] * 1.0 + parts[order[1]] + parts[order[2]]
        y.backward()
        assert x.grad == 4.0 + 32.0 + 1.0
        assert h.grad == 1.0 + 8.0


# --- long ---


def chain(x, length):
    """Nodes in a row: each made of the one before and, now and then, of the first."""
    y = x
    for i in range(length):
        y = y + 1.0 if i % 4 else y * 1.0 + x * 0.0
    return y


def test_a_chain_of_200_000_values():
    x = Value(1.0)
    y = chain(x, 200_000)
    y.backward()
    assert x.grad == 1.0
    assert len(E.toposort(y)) > 200_000
    twice = E.Value(0.0)
    assert (y - y + twice).data == 0.0


def test_a_chain_of_20_000_tensors_and_one_of_the_gradient_s_graph():
    x = leaf([1.0])
    y = chain(x, 20_000)
    y.backward()
    assert x.grad.tolist() == [1.0]
    x.zero_grad()
    y.backward(create_graph=True)
    assert x.grad.data.tolist() == [1.0]


def test_a_chain_of_a_wide_op():
    from nn.scalar.neuron import linear_neuron

    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = linear_neuron(y, 0.5, 0.5, 2.0, x * 0.0)
    y.backward()
    assert x.grad == pytest.approx(0.0, abs=1e-12)


MILLION = """
import tracemalloc
from engine import Value

length = 1_000_000
tracemalloc.start()
x = Value(1.0)
y = x
for _ in range(length):
    y = y + 1.0
y.backward()
_, peak = tracemalloc.get_traced_memory()
assert x.grad == 1.0
assert y.data == length + 1.0
print(peak / length)
"""


@pytest.mark.slow
def test_a_chain_of_a_million_values_in_at_most_190_bytes_a_node():
    """In a process of its own, which coverage does not trace line by line."""
    run = subprocess.run(
        [sys.executable, "-c", MILLION], check=True, capture_output=True, text=True
    )
    assert float(run.stdout) <= 190


DEEP = """
import copy, io, pickle, sys
import numpy as np
import engine as E
from engine import Tensor, Value

tier, length = sys.argv[1], int(sys.argv[2])
x = Value(2.0, label="x") if tier == "value" else Tensor([2.0], requires_grad=True, label="x")
y = x
for i in range(length):
    y = y + 1.0 if i % 3 else y * 1.0 + x * 0.0
assert len(repr(y)) < 100
assert len(f"{y}") < 100
assert y.requires_grad
for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
    node = E.toposort(twin)[0]
    assert node.label == "x" and node is not x
    twin.backward()
    assert float(np.ravel(node.grad)[0]) == 1.0
    del node, twin
assert x.grad in (None, 0.0)
del y
y = x
for i in range(length // 5):  # with its gradients recorded it is five times as many nodes
    y = y * 1.0
y.backward(create_graph=True)
again = copy.deepcopy(y)
del again
assert float(np.ravel(x.grad.data)[0]) == 1.0
x.zero_grad()
del y
print("done")
"""


@pytest.mark.parametrize(("tier", "length"), [("value", 100_000), ("tensor", 100_000)])
@pytest.mark.slow
def test_deep_graphs_are_copied_pickled_printed_and_freed_without_recursion(tier, length):
    """In a process of its own, for an overflow of the C stack would take this one down."""
    run = subprocess.run(
        [sys.executable, "-c", DEEP, tier, str(length)], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "done\n"


def test_a_graph_deeper_than_the_recursion_limit_is_copied_and_pickled():
    for x in (Value(2.0), leaf([2.0])):
        y = x
        for _ in range(3 * sys.getrecursionlimit()):
            y = y + 1.0
        for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
            assert len(E.toposort(twin)) == len(E.toposort(y))
            twin.backward()


def test_nodes_are_freed_without_the_garbage_collector():
    """No node refers to its result, so there is no cycle to collect."""
    import gc
    import weakref

    gc.disable()
    try:
        for x in (Value(2.0), leaf([2.0])):
            h = x * x
            y = h.tanh() + h
            y.backward()
            watched = [weakref.ref(h), weakref.ref(y)]
            del h, y
            assert [ref() for ref in watched] == [None, None]
    finally:
        gc.enable()


# --- what explain is told ---


def test_results_of_recent_passes_are_remembered_weakly():
    x = Value(2.0)
    y = x * x
    y.backward(3.0)
    assert (y, 3.0) in recent_passes()
    before = len(recent_passes())
    del y
    assert len(recent_passes()) == before - 1


# --- arrays of Values ---


def test_a_value_array_is_boxed_plain_and_back():
    x = ValueArray.of([[1.0, 2.0], [3.0, 4.0]])
    assert x.shape == (2, 2)
    assert isinstance(x[0, 0], Value)
    assert isinstance(x[0], ValueArray)
    assert isinstance(ValueArray.of(2.0), Value)
    assert not ValueArray.of([1.0], requires_grad=False)[0].requires_grad
    np.testing.assert_array_equal(x.values, [[1.0, 2.0], [3.0, 4.0]])
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [[2.0, 4.0], [6.0, 8.0]])
    x.zero_grad()
    np.testing.assert_array_equal(x.grad, np.zeros((2, 2)))


def test_constants_among_values_have_gradient_zero():
    x = ValueArray.of([1.0, 2.0])
    y = E.where([True, False], x, 5.0)
    assert y.values.tolist() == [1.0, 5.0]
    mixed = np.array([Value(1.0), 2.0], dtype=object).view(ValueArray)
    (mixed * mixed).sum().backward()
    np.testing.assert_array_equal(mixed.grad, [2.0, 0.0])
    mixed.zero_grad()
    np.testing.assert_array_equal(mixed.grad, [0.0, 0.0])


def test_view_is_pytorchs_and_numpys():
    x = ValueArray.of([[1.0, 2.0], [3.0, 4.0]])
    assert x.view(4).shape == (4,)
    assert x.view(-1, 1).shape == (4, 1)
    assert type(x.view(np.ndarray)) is np.ndarray


def test_values_lists_and_arrays_mix_on_the_scalar_tier():
    x, w = ValueArray.of([1.0, 2.0]), Value(3.0)
    for y in (x * w, w * x, x * [3.0, 3.0], np.array([3.0, 3.0]) * x, E.mul(x, 3)):
        assert isinstance(y, ValueArray)
        assert y.values.tolist() == [3.0, 6.0]
    assert (x @ x).data == 5.0
    assert E.stack([w, w]).values.tolist() == [3.0, 3.0]
    assert E.sum(w).data == 3.0
    assert E.argmax(x) == 1


def test_arrays_of_values_are_copied_with_their_graph():
    x = ValueArray.of([1.0, 2.0])
    y = x * x + x[0]
    for twin, root in (copy.deepcopy((x, y)), pickle.loads(pickle.dumps((x, y)))):
        assert isinstance(root, ValueArray)
        np.testing.assert_array_equal(root.values, [2.0, 5.0])
        assert twin[0] is not x[0]
        root[0].backward()
    twin, root = copy.deepcopy((x, y))
    root.sum().backward()
    np.testing.assert_array_equal(twin.grad, [4.0, 4.0])
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


def test_other_inputs_of_ops_on_values_may_be_single_or_plain():
    x, w = ValueArray.of([[1.0, 2.0]]), Value(3.0)
    assert E.matmul(x, [[1.0], [2.0]]).values.tolist() == [[5.0]]
    assert E.where([[True, False]], x, w).values.tolist() == [[1.0, 3.0]]
    assert E.reshape(w, (1, 1)).values.tolist() == [[3.0]]
    assert E.concatenate([x[0], [7.0]]).values.tolist() == [1.0, 2.0, 7.0]
    assert E.argmax(x, axis=1).tolist() == [1]
    assert isinstance(x[0, 1, ...], Value)
    assert E.reshape(w, ()) is w


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_a_copied_graph_shares_no_array_with_the_original(duplicate):
    """Neither a constant, nor a parameter of an op, nor a gradient."""
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    taken = x[np.array([0, 2])]
    y = (taken * np.array([2.0, 3.0])).sum()
    y.backward()

    def arrays(root):
        nodes = E.toposort(root)
        constants = [c for node in nodes for c in node.inputs if isinstance(c, np.ndarray)]
        parameters = [node.params["index"] for node in nodes if "index" in node.params]
        return [*constants, *parameters, *(n.grad for n in nodes if n.has_grad)]

    ours, theirs = arrays(y), arrays(duplicate(y))
    assert len(ours) == len(theirs) == 3
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one, other)
        assert not np.shares_memory(one, other)
