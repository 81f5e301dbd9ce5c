"""`viz.side_by_side`: one function on Tensors and on Values, linked."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, strategies as st

import engine
from engine import Tensor, ValueArray
from viz import GraphTooLargeError, side_by_side
from viz.drawing.renderer import render


def links(dot: str) -> list[tuple[str, str]]:
    return re.findall(r"^  (t\w+) -> (v\w+) \[color=.* style=dashed .*constraint=false", dot, re.M)


def small(a, b):
    return a * b + engine.exp(a)


def layer(x, w):
    return engine.tanh(x @ w)


def test_of_numbers_each_tensor_has_its_value():
    dot = side_by_side(small, 2.0, -3.0).dot
    assert len(links(dot)) == 5
    assert "on Tensors: 5 nodes" in dot
    assert "on Values: 5 nodes" in dot
    for tensor, value in links(dot):
        ours, theirs = (
            re.search(rf" {name} \[(.*?)</TABLE>\s*>", dot, re.S)[1] for name in (tensor, value)
        )
        data = re.compile(r">data .*?<TD ALIGN=\"LEFT\"[^>]*>([^<]*)<")
        assert data.search(ours)[1] == data.search(theirs)[1]


def test_names_come_from_the_function_or_from_the_call():
    assert "<B>a</B>" in side_by_side(small, 2.0, -3.0).dot
    assert "<B>p</B>" in side_by_side(small, 2.0, -3.0, names=["p", "q"]).dot


def test_each_element_of_a_small_array_is_drawn_and_linked():
    dot = side_by_side(layer, [[1.0, 2.0]], [[0.5], [0.25]]).dot
    labels = set(re.findall(r"<B>([xw]\[\d,\d\])</B>", dot))
    assert labels == {"x[0,0]", "x[0,1]", "w[0,0]", "w[1,0]"}
    assert len([1 for tensor, _ in links(dot) if tensor in ("tn0", "tn1")]) == 4


def test_the_values_behind_a_large_array_are_folded_and_counted():
    dot = side_by_side(layer, np.ones((4, 5)), np.ones((5, 3))).dot
    total = int(re.search(r"on Values: ([\d,]+) nodes", dot)[1].replace(",", ""))
    hidden = sum(int(n) for n in re.findall(r">hides (\d+) nodes<", dot))
    drawn = len(re.findall(r"^ *vn\d+ \[shape", dot, re.MULTILINE))
    assert drawn + hidden == total == 4 * 5 + 5 * 3 + 4 * 3 * 9 + 12 + 11
    assert "mul ×60, add ×48" in dot
    # x, w, @, tanh to their folds, Σ to its fold and its result
    assert len({tensor for tensor, _ in links(dot)}) == 5


def test_gradients_are_on_both_sides():
    dot = side_by_side(small, 2.0, -3.0).dot
    assert dot.count(">4.38906<") == 2  # b + exp(a)


def test_the_inputs_are_left_alone():
    x = np.array([1.0, 2.0])
    t = Tensor([1.0, 2.0], requires_grad=True)
    side_by_side(lambda x, t: (x * t).sum(), x, t)
    assert x.tolist() == [1.0, 2.0]
    assert t.grad is None


@given(st.sampled_from(["sum", "mean", "max", "prod"]), st.integers(1, 3), st.integers(1, 4))
def test_any_size_gives_a_picture_whose_arrows_have_ends(name, rows, columns):
    f = engine.registry.get(name) or getattr(engine, name)
    x = np.arange(float(rows * columns)).reshape(rows, columns)
    dot = side_by_side(lambda x: f(engine.transpose(x) * 2.0, axis=0), x).dot
    declared = set(re.findall(r"^ *(\w+) \[shape=", dot, re.MULTILINE))
    ends = {end for edge in re.findall(r"^  (\w+) -> (\w+)", dot, re.MULTILINE) for end in edge}
    assert ends <= declared
    assert ET.fromstring(render(dot)).tag.endswith("svg")


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="input 0 must be a real number"):
        side_by_side(small, "2", 1.0)
    with pytest.raises(TypeError, match="f must return a Tensor"):
        side_by_side(lambda x: 1.0, 2.0)
    with pytest.raises(ValueError, match="depends on none of its inputs"):
        side_by_side(lambda x: Tensor(1.0), 2.0)
    with pytest.raises(ValueError, match="names"):
        side_by_side(small, 1.0, 2.0, names=["a"])
    with pytest.raises(GraphTooLargeError, match="draw a smaller part"):
        side_by_side(layer, np.ones((300, 400)), np.ones((400, 300)))


def test_an_array_of_values_is_taken_by_its_numbers():
    dot = side_by_side(lambda x: (x * x).sum(), ValueArray.of([1.0, 2.0])).dot
    assert "<B>x[1]</B>" in dot
