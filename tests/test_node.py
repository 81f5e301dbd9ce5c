"""What depends on a node's tier, as its methods: the same questions to Values and Tensors."""

import numpy as np
import pytest

import engine
from engine import Tensor, Value, ValueArray, toposort


def tensor(*numbers, **named):
    return Tensor(list(numbers), requires_grad=True, **named)


def test_full_repeats_a_number_in_the_shape_and_dtype_of_a_node():
    assert Value(3.0).full(1.0) == 1.0
    assert type(Value(3.0).full(1)) is float
    ones = tensor(2.0, 3.0, dtype=np.float32).full(1.0)
    assert type(ones) is np.ndarray
    assert ones.dtype == np.float32
    assert ones.tolist() == [1.0, 1.0]
    assert ValueArray.of([[1.0, 2.0]]).full(0.0).tolist() == [[0.0, 0.0]]


def test_a_leaf_like_a_node_has_its_numbers_and_label_but_no_inputs_and_no_gradient():
    x = Value(2.0)
    y = x * x
    y.label = "y"
    y.backward()
    leaf = y.leaf()
    assert (leaf.data, leaf.label, leaf.op, leaf.requires_grad) == (4.0, "y", None, True)
    assert not leaf.has_grad
    assert not y.leaf(1.5, requires_grad=False).requires_grad
    assert y.leaf(1.5).data == 1.5


def test_a_leaf_like_a_tensor_owns_its_numbers():
    x = tensor(2.0, 3.0, label="x")
    numbers = np.array([5.0, 6.0])
    leaf = x.leaf(numbers)
    numbers[0] = 9.0
    assert (leaf.data.tolist(), leaf.label, leaf.requires_grad) == ([5.0, 6.0], "x", True)
    assert not x.leaf(requires_grad=False).requires_grad
    assert not np.shares_memory(x.leaf().data, x.data)


def test_a_leaf_of_integers_requires_no_gradient():
    assert not Tensor([1, 2]).leaf().requires_grad


def test_a_leaf_like_an_array_of_values_has_fresh_values():
    x = ValueArray.of([1.0, 2.0])
    leaf = x.leaf()
    assert leaf.values.tolist() == [1.0, 2.0]
    assert leaf[0] is not x[0]
    assert x.leaf([3.0], requires_grad=False)[0].requires_grad is False


@pytest.mark.parametrize("one", [1.0, np.float64(2.0)])
def test_contributions_of_a_value_are_floats_and_none_for_constants(one):
    x = Value(3.0)
    assert (x * 5.0).contributions(one) == [5.0 * one, None]
    assert (x * x).contributions(one) == [3.0 * one, 3.0 * one]


def test_contributions_of_a_tensor_are_arrays_and_none_where_nothing_flows():
    x, c = tensor(3.0, 4.0), Tensor([1.0, 2.0])
    one, constant = (x * c).contributions(np.array([1.0, 10.0]))
    assert one.tolist() == [1.0, 20.0]
    assert constant is None


def test_contributions_have_the_input_s_shape_where_it_was_broadcast():
    x = tensor(3.0)
    y = x * Tensor([1.0, 2.0])
    assert y.contributions(np.ones(2))[0].tolist() == [3.0]
    assert y.contribution(np.ones(2), 0).tolist() == [3.0]


@pytest.mark.parametrize(("make", "x"), [(Value, 3.0), (tensor, 3.0)])
def test_gradients_leave_grad_alone_and_are_none_where_nothing_depends(make, x):
    x, other = make(x), make(1.0)
    y = engine.sum(x * x)
    found = y.gradients([x, other], y.full(2.0))
    assert found[0] == 12.0
    assert found[1] is None
    assert not x.has_grad


def test_gradients_of_the_whole_order_are_those_backward_leaves():
    x = tensor(1.0, 2.0)
    y = (x * x + x).sum()
    order = toposort(y)
    found = y.gradients(order)
    y.backward(retain_grads=True)
    assert [g.tolist() for g in found] == [node.grad.tolist() for node in order]


def test_upstream_is_checked_as_backward_checks_it():
    x = Value(3.0)
    assert (x * x).upstream() == 1.0
    assert (x * x).upstream(2) == 2.0
    with pytest.raises(RuntimeError, match="depends on nothing with requires_grad"):
        Value(3.0, requires_grad=False).upstream()
    with pytest.raises(ValueError, match=r"gradient must have shape \(2,\), got \(3,\)"):
        tensor(1.0, 2.0).upstream([1.0, 2.0, 3.0])


def test_a_node_is_stale_once_an_input_s_data_was_replaced():
    x = tensor(1.0, 2.0)
    y = x * x
    assert not y.stale
    x.data = [3.0, 4.0]
    assert y.stale
    assert not x.stale
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.contributions(np.ones(2))
    assert not (Value(1.0) * 2).stale


def test_commit_adds_to_what_is_there_and_passes_over_frozen_leaves():
    x, c = Value(1.0), Value(2.0, requires_grad=False)
    y = x * c
    Value.commit({x: 2.0, c: 5.0, y: 1.0}, retain_grads=False)
    Value.commit({x: 3.0}, retain_grads=True)
    assert (x.grad, c.grad, y.grad) == (5.0, 0.0, 0.0)


@pytest.fixture
def product_of_two():
    """A fused op whose rules share work, on Tensors and on Values."""

    def both(g, y, a, b):
        return g * b, g * a

    op = engine.fused(vjp_all=both, elements=lambda a, b: a * b, name="shared")(lambda a, b: a * b)
    yield op
    engine.unregister("shared")


def test_contributions_of_rules_that_share_work_take_one_call(product_of_two):
    x, c = tensor(3.0), Tensor([5.0])
    one, constant = product_of_two(x, c).contributions(np.array([2.0]))
    assert one.tolist() == [10.0]
    assert constant is None


def test_contributions_of_a_wide_op_are_floats_and_none_for_constants():
    """One node of any number of inputs, as nn's neurons are."""

    def slopes(g, y, *x):
        return [g * 2.0 for _ in x]

    double = engine.fused(
        vjp_all=slopes, elements=lambda *x: sum(x) * 2.0, name="double", wide=True
    )(lambda *x: 2.0 * sum(x))
    y = double(Value(1.0), 3.0, Value(2.0))
    engine.unregister("double")
    assert y.data == 12.0
    assert y.contributions(1.0) == [2.0, None, 2.0]
    assert y.contribution(1.0, 2) == 2.0
