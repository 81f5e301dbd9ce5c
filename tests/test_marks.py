"""Where nan, inf and zero gradients begin, with literal numbers."""

import numpy as np
import pytest

import engine
from engine import Tensor, Value, toposort
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


def test_a_zero_gradient_is_marked_where_it_begins():
    x = Value(-1.0, label="x")
    y = engine.relu(x * 2.0) + 1.0
    y.backward()
    assert marks_of(y) == {"mul": ("zero gradient begins here",)}
    assert 'n1 -> n2 [color="#0072b2" penwidth=2 style=dashed class="stop"' in to_dot(y)


def test_contributions_that_cancel_are_no_fault_of_one_edge():
    x = Value(3.0, label="x")
    y = x - x
    y.backward()
    assert marks_of(y) == {"x": ("zero gradient begins here",)}
    assert "dashed]" not in to_dot(y)


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
    assert "! nan begins in 60 of them" in dot
    assert 'color="#d55e00"' in dot
