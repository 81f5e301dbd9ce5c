"""nan that comes of inf is marked where it begins, and `explain` has one name for one node."""

import numpy as np
import pytest

import engine
import viz
from engine import (
    Tensor,
    Value,
    explain,
    grad,
    jacobian,
    nan_trace,
    sqrt,
    toposort,
    value_and_grad,
    vjp,
)
from engine.looking import NonFiniteError
from engine.showing import brief, minus
from viz.graphs.marks import find_marks


def leaf(x):
    return Tensor(x, requires_grad=True, label="x")


def marks_after_backward(make):
    """The marks by the node's label or op, after a backward pass."""
    with np.errstate(all="ignore"):
        root = make()
        root.backward(retain_grads=True)
    order = toposort(root)
    marks = find_marks(order)
    return {n.label or n.op.name: marks.texts[id(n)] for n in order if id(n) in marks.texts}


@pytest.mark.parametrize("tier", [lambda x: Value(x, label="x"), leaf])
class TestMarks:
    def test_nan_from_zero_times_inf_is_marked_and_the_nan_gradient_below_a_zero_one(self, tier):
        assert marks_after_backward(lambda: engine.log(tier(0.0)) * 0.0) == {
            "log": ("! inf begins here",),  # its gradient is 0 for a factor of 0: nothing stops it
            "mul": ("! nan begins here",),
            "x": ("! gradient: nan begins here",),
        }

    def test_inf_minus_inf_is_where_nan_begins(self, tier):
        def difference():
            x = tier(np.inf)
            return x - x

        assert marks_after_backward(difference) == {
            "x": ("! inf begins here",),  # what reaches it cancels
            "sub": ("! nan begins here",),
        }

    def test_a_nan_gradient_that_comes_of_an_infinite_one_is_marked(self, tier):
        """∂√(x·0)/∂x = inf × 0."""
        assert marks_after_backward(lambda: engine.sqrt(tier(1.0) * 0.0)) == {
            "mul": ("! gradient: inf begins here",),
            "x": ("! gradient: nan begins here",),
        }


def test_of_an_elementwise_op_each_element_is_asked_for_itself():
    """Of [nan, 0] the logarithm makes an inf, whatever the nan beside it is."""
    found = marks_after_backward(lambda: engine.log(leaf([np.nan, 0.0])).sum())
    assert found["x"][0] == "! nan begins here"
    assert found["log"] == ("! inf begins here",)


def test_what_only_follows_is_not_marked():
    found = marks_after_backward(lambda: (leaf([np.inf, np.nan]) * 2.0).sum())
    assert found == {"x": ("! nan begins here",)}


# --- nan_trace ---


@pytest.mark.parametrize("tier", [lambda x: Value(x, label="x"), leaf])
def test_the_op_that_made_nan_of_inf_is_named_and_not_the_first_that_met_inf(tier):
    x = tier(np.inf)
    with np.errstate(all="ignore"):
        root = x * 2.0 - x * 3.0
    with pytest.raises(NonFiniteError, match=r"sub\(inf, inf\): forward is nan, from an input"):
        nan_trace(root)


def test_where_there_is_inf_only_the_first_op_that_met_it_is_named():
    root = Value(1.0) * 2.0 + Value(np.inf)
    with pytest.raises(NonFiniteError, match=r"add\(2, inf\): forward is inf, and so was an input"):
        nan_trace(root)


def test_a_mask_of_minus_inf_alone_is_not_blamed_for_the_nan_of_softmax():
    with np.errstate(all="ignore"):
        root = engine.softmax(leaf([1.0, 2.0]) + np.array([-np.inf, -np.inf])).sum()
    with pytest.raises(NonFiniteError, match=r"softmax\(.*from an input that is inf"):
        nan_trace(root)


# --- explain ---


def test_two_results_of_one_op_have_two_names():
    x = Value(3.0, label="x")
    y = x * 2.0 + x * 5.0
    y.backward()
    assert str(explain(x)) == (
        "the gradient of x:\n"
        "    through n2, input 0: ∂L/∂n2 · ∂(x × 5)/∂x = 1 × 5 = 5\n"
        "  + through n1, input 0: ∂L/∂n1 · ∂(x × 2)/∂x = 1 × 2 = 2\n"
        "  = 7"
    )


def test_a_name_that_a_label_has_taken_is_not_given_again():
    x = Value(3.0, label="L")
    y = x * 2.0
    y.label = "n1"
    z = x * 5.0 + y + x * 7.0
    z.backward()
    found = explain(x)
    assert {c.of for c in found} == {"L"}
    assert {c.root for c in found} == {"L (n5)"}
    names = [c.name for c in found]
    assert len(set(names)) == len(names) == 3


def test_the_results_of_two_passes_have_two_names():
    x = Value(3.0, label="x")
    first, second = x * 2.0, x * 5.0
    first.backward()
    second.backward()
    assert [(c.root, c.name) for c in explain(x)] == [("L", "L"), ("L (2)", "L (2)")]


def test_one_node_has_one_name_at_both_its_edges_and_in_both_passes():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    y.backward()
    assert {(c.root, c.name) for c in explain(x)} == {("L", "L")}


# --- numbers at the ends of their range ---

ENDS = {
    "double": np.full(20, 1e200),
    "half": np.full(20, 6e4, np.float16),
    "small": np.full(20, 1e-200),
}


@pytest.mark.parametrize("array", ENDS.values(), ids=ENDS.keys())
def test_the_norm_in_an_equation_neither_overflows_nor_vanishes(array):
    assert brief(array) == f"(20,) of norm {minus(f'{20**0.5 * float(array[0]):.6g}')}"


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_the_norm_in_an_explanation_neither_overflows_nor_vanishes(scale):
    x = leaf(np.ones(20))
    assert minus(f"(20,) of norm {20**0.5 * scale:.6g}") in str(
        explain(x, (x * np.full(20, scale)).sum())
    )


def test_a_slope_near_the_largest_float_is_measured():
    """The step to its side was 2.0**1024."""
    assert engine.compare(lambda x: x * 0.5, 1.5e308).ok
    assert engine.gradcheck(lambda x: x * 1e-300, 1.5e308)


def test_side_by_side_of_no_numbers_is_refused_in_words():
    with pytest.raises(ValueError, match="depends on no number"):
        viz.side_by_side(lambda x: (x * x).sum(), np.zeros((0, 3)))


# --- derivatives of functions are backward passes too ---


@pytest.mark.parametrize("x", [0.0, np.array([0.0, 1.0])], ids=["Value", "Tensor"])
@pytest.mark.parametrize(
    "derivative",
    [
        lambda f, x: grad(f)(x),
        lambda f, x: value_and_grad(f)(x),
        lambda f, x: jacobian(f)(x),
        lambda f, x: vjp(f, x)[1](1.0),
    ],
    ids=["grad", "value_and_grad", "jacobian", "vjp"],
)
def test_a_derivative_taken_inside_nan_trace_is_watched(derivative, x):
    def f(x):
        return (sqrt(x) ** 2).sum() if np.ndim(x) else sqrt(x) ** 2

    wrong = pytest.raises(NonFiniteError, match=r"sqrt\(.*\): gradient of input 0 is nan")
    with wrong, nan_trace():
        derivative(f, x)
