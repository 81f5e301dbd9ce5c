"""`viz.diff`: two graphs as one, with what differs marked."""

import copy
import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from dot_reading import runs_in_a_circle
from graphs import tensor_graphs, value_graphs
from hypothesis import given, settings

import engine
import nn
import nn.scalar
from engine import Tensor, Value
from viz import diff
from viz.drawing import Arrow, constant_box
from viz.drawing.renderer import render
from viz.graphs.difference import _parts, match

ID = re.compile(r"^ *(b?[nf]\d+(?:c\d+)?) \[shape=", re.MULTILINE)
MARKS = ("only in", "differs", "gradient differs", "begins here")


def boxes(dot: str) -> dict[str, str]:
    """The text of each box by its id."""
    parts = re.split(r"^ *(b?[nf]\d+(?:c\d+)?) \[shape=", dot, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def marks(dot: str) -> dict[str, str]:
    """The mark in each box that has one."""
    found = {}
    for name, text in boxes(dot).items():
        for bold in re.findall(r"<B>([^<]*)</B>", text):
            if any(bold.startswith(mark) for mark in MARKS):
                found[name] = bold
    return found


def curve(activation=engine.tanh, shift=6.5, a=2.0):
    x, w = Value(a, label="x"), Value(-3.0, label="w")
    return activation(x * w + shift) ** 2


@given(value_graphs() | tensor_graphs(), value_graphs() | tensor_graphs())
@settings(deadline=None)
def test_any_two_graphs_of_a_tier_make_one_picture(a, b):
    if isinstance(a, Tensor) != isinstance(b, Tensor):
        with pytest.raises(TypeError, match="one tier"):
            diff(a, b)
        return
    dot = diff(a, b).dot
    first, second = engine.toposort(a), engine.toposort(b)
    drawn = [name for name in boxes(dot) if "c" not in name]
    assert len(drawn) == len(first) + len(second) - len(match(first, second))
    ends = {end for edge in re.findall(r"^  (\w+) -> (\w+)", dot, re.MULTILINE) for end in edge}
    assert ends <= set(boxes(dot))
    assert ET.fromstring(render(dot)).tag.endswith("svg")


@given(value_graphs() | tensor_graphs())
@settings(deadline=None)
def test_a_graph_and_its_copy_are_the_same(root):
    assert marks(diff(root, root).dot) == {}
    assert marks(diff(root, copy.deepcopy(root)).dot) == {}


def test_each_node_is_matched_once():
    pairs = match(engine.toposort(curve()), engine.toposort(curve()))
    assert [(a.op and a.op.name, b.op and b.op.name) for a, b in pairs] == [
        *[(name, name) for name in ("pow", "tanh", "add", "mul")], (None, None), (None, None),
    ]  # fmt: skip


def test_another_op_is_in_one_graph_only_and_what_is_below_it_in_both():
    dot = diff(curve(), curve(engine.sigmoid), names=("old", "new")).dot
    assert marks(dot) == {"n4": "only in old", "bn4": "only in new", "n5": "differs"}
    assert 'n3 -> n4 [color="#0072b2" penwidth=2.5 style=dashed class="first"]' in dot
    assert 'n3 -> bn4 [color="#009e73" penwidth=2.5 class="second"]' in dot
    assert "  n0 -> n2\n" in dot


def test_leaves_of_one_name_and_two_shapes_are_two_leaves():
    one, other = (Tensor(np.ones(n), requires_grad=True, label="x") for n in (2, 3))
    found = marks(diff(one.sum(), other.sum()).dot)
    assert found == {"n0": "only in first", "bn0": "only in second", "n1": "differs"}


def test_an_op_put_in_between_leaves_its_neighbours_matched():
    x = Value(2.0, label="x")
    dot = diff(engine.exp(x * x), engine.exp(engine.relu(x * x))).dot
    assert marks(dot) == {"bn2": "only in second"}


def test_a_difference_is_marked_where_it_begins_and_where_it_goes():
    dot = diff(curve(a=2.0), curve(a=1.0)).dot
    found = marks(dot)
    assert found.pop("n0") == "differs, begins here"
    assert set(found.values()) == {"differs"}
    assert "2<BR" in boxes(dot)["n0"]
    assert "→ 1<BR" in boxes(dot)["n0"]


def test_a_constant_that_differs_is_where_it_begins():
    assert marks(diff(curve(shift=6.5), curve(shift=6.0)).dot) == {
        "n3c1": "differs, begins here", "n3": "differs", "n4": "differs", "n5": "differs",
    }  # fmt: skip


def test_a_constant_against_a_node_is_in_one_graph_only():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    assert marks(diff(x * 3.0, x * y).dot) == {"n1c1": "only in first", "bn1": "only in second"}
    assert marks(diff(x * y, x * 3.0).dot) == {"n1": "only in first", "n2c1": "only in second"}


def test_a_gradient_that_differs_is_told_from_data_that_differ():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    again = Value(3.0, label="x")
    other = again * again
    assert marks(diff(y, other).dot) == {"n0": "gradient differs", "n1": "gradient differs"}


def test_parameters_of_an_op_that_differ_are_shown():
    x = Tensor([[1.0, 1.0], [1.0, 1.0]], requires_grad=True, label="x")
    dot = diff(engine.sum(x, axis=0).sum(), engine.sum(x, axis=1).sum()).dot
    assert marks(dot) == {"n1": "differs"}
    assert "axis = 0<BR/>→ axis = 1" in dot


def test_nan_is_the_same_as_nan():
    assert (
        marks(diff(Value(float("nan"), label="x") * 2, Value(float("nan"), label="x") * 2).dot)
        == {}
    )


def test_of_a_large_graph_what_is_the_same_is_folded():
    model = nn.scalar.MLP(2, [16, 16, 1], rng=random.Random(0))
    a = nn.scalar.expand(model([1.0, -2.0]))
    model = nn.scalar.MLP(2, [16, 16, 1], rng=random.Random(0))
    model.layers[1].neurons[3].b.data = 5.0
    b = nn.scalar.expand(model([1.0, -2.0]))
    dot = diff(a, b).dot
    drawn = [name for name in boxes(dot) if name.startswith("n") and "c" not in name]
    hidden = sum(int(n) for n in re.findall(r">hides (\d+) nodes<", dot))
    assert len(drawn) + hidden == len(engine.toposort(a)) == 977
    assert len(drawn) <= 40
    begins = [name for name, mark in marks(dot).items() if mark == "differs, begins here"]
    assert [boxes(dot)[name].count("<B>layers[1].neurons[3].b") for name in begins] == [1]


def test_what_is_the_same_before_and_after_a_difference_is_two_boxes():
    """In one box it would be left for the difference and entered again."""

    def program(factor):
        x = Value(1.0, label="x")
        for _ in range(30):
            x = engine.sin(x)
        x = engine.relu(x * factor)
        for _ in range(30):
            x = engine.exp(x) * 0.1
        return x

    dot = diff(program(-1.0), program(-2.0)).dot
    assert dot.count("the same in both, folded</FONT>") == 2
    assert not runs_in_a_circle(dot)


def test_two_graphs_that_are_a_circle_together_are_left_as_they_are():
    boxes = [constant_box(name, 1.0) for name in ("a", "b")]
    arrows = [Arrow("a", "b", 0, ""), Arrow("b", "a", 0, "")]
    assert _parts(boxes, arrows, {"a", "b"}, 9) == {"a": 0, "b": 0}


def test_where_everything_differs_there_is_still_a_picture():
    model = nn.MLP([4] * 30 + [1], rng=0)
    a = model(np.ones((2, 4))).sum()
    a.backward()
    for p in model.parameters():
        p.data = p.data - 0.1 * p.grad
    dot = diff(a, model(np.ones((2, 4))).sum(), names=("before", "after")).dot
    order = engine.toposort(a)
    hidden = sum(int(n) for n in re.findall(r">hides (\d+) nodes?<", dot))
    assert len(boxes(dot)) <= 10
    drawn = [name for name in boxes(dot) if name.startswith("n") and "c" not in name]
    assert len(drawn) + hidden == len(order)


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="root must be a Value or a Tensor"):
        diff(1.0, Value(1.0))
    with pytest.raises(ValueError, match="names must be two"):
        diff(Value(1.0), Value(1.0), names=("a",))
    with pytest.raises(ValueError, match="direction"):
        diff(Value(1.0), Value(1.0), direction="up")


def test_where_there_is_no_room_all_but_the_result_and_single_nodes_are_folded():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    dot = diff((a + b) * 2.0, (a - b) * 2.0, max_nodes=1).dot
    heads = re.findall(r'^  (\w+) \[shape=(?!ellipse).*\n    tooltip="([^\\"]*)', dot, re.MULTILINE)
    assert dict(heads) == {
        "f0": "the same in both, folded", "n2": "n2: result of add", "bn2": "n2: result of sub",
        "n3": "L: output of mul",
    }  # fmt: skip
