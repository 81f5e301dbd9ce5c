"""What nodes are called: one name for each, the same in `explain`, `draw` and `steps`."""

import re

import numpy as np
import pytest

import engine
from engine import Tensor, Value, explain, toposort
from engine.showing import Names, operation
from viz import BackwardStep, steps, to_dot


def expression():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    return engine.tanh(a * b) * (a + 1.0)


def captions(root):
    """The quiet first line of each box, by the box's id."""
    return dict(
        re.findall(r'(n\d+) \[.*?POINT-SIZE="9" COLOR="#555555">(.*?)<', to_dot(root), re.S)
    )


def test_explain_draw_and_steps_call_a_node_the_same():
    y = expression()
    drawn = captions(y)
    records = [step for step in steps(y) if isinstance(step, BackwardStep)]
    for node in toposort(y):
        name = Names(toposort(y))(node)
        explained = {(c.node, c.name) for c in explain(node, y)}
        assert explained <= {(step.node, step.names(step.node)) for step in records}
        stepped = {step.names(step.input) for step in records if step.input is node}
        assert stepped <= {name}
        place = f"n{toposort(y).index(node)}"
        assert drawn[place].startswith(f"{name}: ") == (not node.label)
    assert drawn["n2"] == "n2: result of mul"
    assert drawn["n5"] == "L: output of mul"
    assert "through n2, input 0: ∂L/∂n2 · ∂(a × b)/∂a" in str(explain(y.inputs[1].inputs[0], y))


def test_explain_says_of_an_edge_what_its_step_says():
    y = expression()
    a = toposort(y)[0]
    stepped = [
        step.equation.partition(" += ")[2]
        for step in steps(y)
        if isinstance(step, BackwardStep) and step.input is a
    ]
    explained = [str(c).partition(": ")[2] for c in explain(a, y)]
    assert explained == stepped


def test_a_drawn_label_that_another_node_has_too_is_followed_by_the_place():
    first, second = Value(1.0, label="w"), Value(2.0, label="w")
    text = to_dot(first * second)
    assert "<B>w (n0)</B>" in text
    assert "<B>w (n1)</B>" in text
    assert "<B>w</B>" in to_dot(first * first)


@pytest.mark.parametrize(
    ("labels", "called"),
    [
        (("a", "b", ""), ["a", "b", "L"]),
        (("L", "b", ""), ["L", "b", "L (n2)"]),
        (("n1", "", ""), ["n1", "n1 (n1)", "L"]),
        (("w", "w", "y"), ["w (n0)", "w (n1)", "y"]),
        (("w", "w", "w (n0)"), ["w (n0) (n0)", "w (n1)", "w (n0) (n2)"]),
        ((" x\n y ", "", "layers[0].neurons[3].w[12]"), ["x y", "n1", "layers[…neurons[3].w[12]"]),
    ],
)  # fmt: skip
def test_no_two_nodes_are_called_alike(labels, called):
    a, b = Value(1.0, label=labels[0]), Value(2.0, label=labels[1])
    y = a * b
    y.label = labels[2]
    names = Names(toposort(y))
    found = [names(node) for node in toposort(y)]
    assert found == called


def test_in_several_graphs_a_node_keeps_its_name_and_another_has_a_number():
    x = Value(3.0, label="x")
    h = x * x
    first, second = h + x, (h * 2.0) * x
    one = Names(toposort(first))
    two = Names(toposort(second), (one,))
    assert [one(node) for node in toposort(first)] == ["x", "n1", "L"]
    assert [two(node) for node in toposort(second)] == ["x", "n1", "n2", "L (2)"]


def test_a_local_derivative_is_named_by_its_op():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    slopes = [
        (a * b, "∂(a × b)/∂a"),
        (-a, "∂(−a)/∂a"),
        (a**2, "∂(a²)/∂a"),
        (engine.abs(a), "∂|a|/∂a"),
        (engine.identity(a), "∂identity(a)/∂a"),
        (engine.where(b, a, 0.0), "∂where(b, a, 0)/∂a"),
    ]
    for y, written in slopes:
        place = next(i for i, x in enumerate(y.inputs) if x is a)
        assert Names(toposort(y)).local(y, place) == written


def test_the_two_places_of_a_square_are_told_apart():
    x = Value(3.0, label="x")
    y = x * x
    names = Names(toposort(y))
    assert [names.local(y, i) for i in (0, 1)] == ["∂(x₁ × x₂)/∂x₁", "∂(x₁ × x₂)/∂x₂"]


def test_a_long_op_is_named_and_not_written_out():
    x = Tensor(np.ones(3), requires_grad=True, label="a label of many words and more")
    w = Tensor(np.ones(3), requires_grad=True, label="another one that is as long")
    y = engine.where(np.array([True, False, True]), x, w)
    assert Names(toposort(y)).local(y, 1, "[0]", "[0]").startswith("∂where(…)[0]/∂a label")


def test_an_op_of_many_inputs_is_written_with_a_few():
    y = engine.concatenate([Tensor([1.0], requires_grad=True, label=f"x{i}") for i in range(9)])
    assert Names(toposort(y)).operation(y) == "concatenate(x0, x1, x2, x3, …, x8)"
    assert operation(engine.mul, ["a", "−2"]) == "a × −2"


@pytest.mark.usefixtures("own_ops")
def test_a_rule_for_plain_arrays_alone_is_explained_and_stepped_too():
    @engine.shape_op(lambda g, y, x: np.asarray(g) * 3.0)
    def thrice(x):
        "three times x"
        return x * 3.0

    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    y = thrice(x).sum()
    assert "through n1, input 0: rule of thrice with g = ∂L/∂n1 = [3, 3]" in str(explain(x, y))
    last = list(steps(y))[-1]
    assert last.equation == "∂L/∂x += rule of thrice with g = ∂L/∂n1 = [3, 3]"
