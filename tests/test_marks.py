"""Where nan, inf and zero gradients begin, with literal numbers."""

import numpy as np
import pytest

import engine
from engine import Tensor, Value, toposort
from nn.scalar.neuron import relu_neuron
from viz import to_dot
from viz.graphs.marks import bad, find_marks


def marks_of(root):
    """The marks by the node's label or op."""
    marks = find_marks(toposort(root))
    name = {id(n): n.label or n.op.name for n in toposort(root)}
    return {name[key]: texts for key, texts in marks.texts.items()}


@pytest.mark.parametrize(
    ("x", "what"),
    [
        (1.0, ""),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (np.array([1.0, -np.inf]), "inf"),
        (np.array([np.inf, np.nan]), "nan"),
        (np.array([1, 2]), ""),
        (np.array([]), ""),
        (True, ""),
    ],
)
def test_what_is_bad_about_numbers(x, what):
    assert bad(x) == what


@pytest.mark.parametrize(
    "make", [Value, lambda x, label: Tensor(x, requires_grad=True, label=label)]
)
def test_nan_is_marked_where_it_begins_and_nowhere_after(make):
    x = make(-1.0, label="x")
    with np.errstate(all="ignore"):
        y = engine.exp(engine.log(x) * 2) + 1
    assert marks_of(y) == {"log": ("! nan begins here",)}


def test_a_leaf_that_is_nan_is_where_it_begins():
    assert marks_of(Value(float("nan"), label="x") * 2) == {"x": ("! nan begins here",)}


def test_a_constant_that_is_nan_does_not_hide_behind_its_op():
    x = Value(1.0, label="x")
    assert marks_of(x * float("nan")) == {"mul": ("! nan begins here",)}


def test_an_infinite_gradient_is_marked_where_it_begins():
    x = Value(0.0, label="x")
    y = engine.sqrt(x * 3.0)
    y.backward()
    assert marks_of(y) == {"mul": ("! gradient: inf begins here",)}
    assert "n0 -> n1" in to_dot(y)
    assert 'n1 -> n2 [color="#d55e00" penwidth=3 class="alarm"' in to_dot(y)


def test_contributions_that_are_infinite_together_are_no_fault_of_one_edge():
    x = Value(1.0, label="x")
    y = (x + x) * 1.5e308
    y.backward()
    assert marks_of(y)["x"] == ("! gradient: inf begins here",)
    assert 'class="alarm"' not in to_dot(y).split("->", 1)[1]


def test_of_tensors_gradients_that_were_not_kept_are_found_again():
    x = Tensor([0.0, 1.0], requires_grad=True, label="x")
    y = engine.sqrt(x * 3.0).sum()
    with np.errstate(all="ignore"):
        y.backward()
    assert marks_of(y) == {"mul": ("! gradient: inf begins here",)}
    assert y.inputs[0].grad is None
    assert x.grad.tolist() == [np.inf, 0.8660254037844388]  # as backward left it


def test_a_leaf_changed_since_is_marked_by_what_is_known():
    x = Tensor([0.0], requires_grad=True, label="x")
    y = engine.sqrt(x * 3.0).sum()
    with np.errstate(all="ignore"):
        y.backward()
    x.data = [1.0]
    assert marks_of(y) == {"x": ("! gradient: inf begins here",)}


def test_an_edge_whose_rule_cannot_be_run_any_more_is_not_marked():
    x = Tensor([0.0], requires_grad=True, label="x")
    y = engine.sqrt(x)
    with np.errstate(all="ignore"):
        y.backward([1.0], retain_grads=True)
    assert "n0 -> n1 [color=" in to_dot(y)
    x.data = [1.0]
    assert 'n0 -> n1 [tooltip="the input of sqrt; passes back' in to_dot(y)


def test_a_zero_whose_reason_is_not_known_any_more_is_marked_without_an_edge():
    x = Tensor([-1.0], requires_grad=True, label="x")
    y = engine.relu(x)
    y.backward([1.0], retain_grads=True)
    x.data = [1.0]
    assert marks_of(y) == {"x": ("zero gradient begins here",)}
    assert 'class="stop"' not in to_dot(y)


def test_a_zero_gradient_is_marked_where_it_begins():
    x = Value(-1.0, label="x")
    y = engine.relu(x * 2.0) + 1.0
    y.backward()
    assert marks_of(y) == {"mul": ("zero gradient begins here",)}
    assert 'n1 -> n2 [color="#0072b2" penwidth=2 style=dashed class="stop"' in to_dot(y)


def test_contributions_that_cancel_stop_nothing():
    x = Value(3.0, label="x")
    y = x - x
    y.backward()
    assert marks_of(y) == {}
    assert "dashed]" not in to_dot(y)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: x * w,
        lambda x, w: x / w,
        lambda x, w: x**2.0 + w,
        lambda x, w: engine.cos(x) + w,
    ],
)
def test_a_factor_that_is_zero_is_no_trouble(f):
    x, w = Value(0.0, label="x"), Value(2.0, label="w")
    y = f(x, w)
    y.backward()
    assert 0.0 in (x.grad, w.grad)
    assert marks_of(y) == {}
    assert "penwidth" not in to_dot(y)


def test_weights_that_begin_at_zero_are_no_trouble():
    w = Tensor(np.zeros((2, 3)), requires_grad=True, label="w")
    x = Tensor([[1.0, 2.0, 3.0]], requires_grad=True, label="x")
    y = engine.linear(x, w, [0.5, 0.5]).sum()
    y.backward()
    assert not x.grad.any()
    assert marks_of(y) == {}


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (engine.relu, -1.0),
        (engine.relu, 0.0),
        (engine.tanh, 1000.0),
        (engine.sigmoid, -1000.0),
        (engine.round, 0.3),
        (engine.sign, 2.0),
        (lambda x: engine.maximum(x, 0.0), -1.0),
        (lambda x: engine.where(False, x, 1.0), 5.0),
        (lambda x: engine.clip(x, -1.0, 1.0), 3.0),
    ],
)
def test_an_op_that_stops_a_gradient_is_marked(f, x):
    x = Value(x, label="x")
    y = f(x)
    y.backward()
    assert marks_of(y) == {"x": ("zero gradient begins here",)}


def test_a_dead_neuron_is_marked_whatever_its_bias():
    w, b, x = Value(-1.0, label="w"), Value(0.0, label="b"), Value(2.0, label="x")
    y = relu_neuron(x, w, b)
    y.backward()
    assert set(marks_of(y)) == {"x", "w", "b"}


def test_a_zero_input_leaves_the_weight_of_a_neuron_as_quiet_as_the_others():
    x, w = [Value(2.0), Value(0.0)], [Value(-3.0, label="w1"), Value(1.0, label="w2")]
    y = engine.tanh(x[0] * w[0] + x[1] * w[1] + 6.88)
    y.backward()
    assert w[1].grad == 0.0
    dot = to_dot(y)
    assert "begins" not in dot
    assert "penwidth" not in dot


def test_of_a_result_of_several_elements_only_gradients_that_were_kept_are_marked():
    """What was differentiated is not known any more: backward was given a gradient."""
    x = Tensor([-1.0, 1.0], requires_grad=True, label="x")
    y = engine.relu(x) * 0.0
    y.backward([1.0, 1.0])
    assert marks_of(y) == {}


def test_a_gradient_that_is_zero_in_part_is_no_zero_gradient():
    x = Tensor([-1.0, 1.0], requires_grad=True, label="x")
    y = engine.relu(x).sum()
    y.backward()
    assert marks_of(y) == {}


def test_without_backward_there_are_no_marks_on_gradients():
    x = Value(-1.0, label="x")
    assert marks_of(engine.relu(x)) == {}


def test_a_folded_box_says_what_begins_inside():
    x = Value(-1.0, label="x")
    total = sum((engine.log(x) for _ in range(60)), Value(0.0))
    dot = to_dot(total)
    assert "! nan begins in 60 nodes" in dot
    assert 'color="#d55e00"' in dot
