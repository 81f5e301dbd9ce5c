"""The compact style: a row for each node, less than half the page, nothing lost from tooltips."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from pictures import boxes, groups

import engine
import nn
from engine import Tensor, Value
from viz import draw
from viz.drawing.boxes import Box
from viz.drawing.compact import cells_of
from viz.graphs.area import size_of


def neuron() -> Value:
    x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.88137358, label="b")
    y = engine.tanh(x * w + b)
    y.label = "y"
    y.backward()
    return y


def texts(group: ET.Element) -> str:
    return " ".join(t.text or "" for t in group.iter() if t.tag.endswith("}text")).replace(
        "\xa0", ""
    )


def size(svg: str) -> tuple[float, float]:
    width, height = re.match(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()
    return float(width), float(height)


def test_a_row_says_name_data_and_gradient_in_four_digits():
    nodes = dict(groups(draw(neuron(), style="compact").svg(), "node"))
    assert texts(nodes["n0"]).split() == ["x", "data", "2", "grad", "-1.5"]
    assert texts(nodes["n2"]).split() == ["*", "n2", "data", "-6", "grad", "0.5"]
    assert texts(nodes["n5"]).split() == ["tanh", "y", "data", "0.7071", "grad", "1"]


def test_every_box_is_one_line_high_and_the_picture_takes_half_the_height():
    full, compact = draw(neuron()).svg(), draw(neuron(), style="compact").svg()
    assert max(box.bottom - box.top for box in boxes(compact).values()) < 40
    assert size(compact)[1] < size(full)[1] / 2
    assert np.prod(size(compact)) < np.prod(size(full)) / 1.5


def test_what_a_row_leaves_out_is_in_its_tooltip():
    full, compact = (draw(neuron(), style=style).svg() for style in ("full", "compact"))
    titles = [{name: g[0].text for name, g in groups(svg, "node")} for svg in (full, compact)]
    assert titles[0] == titles[1]


def test_arrays_are_a_norm_and_have_no_strips():
    model = nn.Linear(30, 4, rng=0)
    y = (model(np.arange(60.0).reshape(2, 30)) ** 2).sum()
    y.backward()
    picture = draw(y, style="compact")
    assert "norm" in texts(dict(groups(picture.svg(), "node"))["a0"])
    assert "BGCOLOR" not in picture.dot


def test_three_times_as_many_nodes_are_drawn_one_by_one():
    x = Value(1.0, label="x")
    y = x
    for _ in range(60):
        y = engine.sin(y)
    assert len(groups(draw(y).svg(), "node")) < 30
    assert len(groups(draw(y, style="compact").svg(), "node")) == 61


def test_a_fold_says_how_many_it_hides_and_a_mark_stays():
    y = engine.log(Value(0.0, label="x"))
    assert "inf begins here" in texts(dict(groups(draw(y, style="compact").svg(), "node"))["n1"])
    model = nn.MLP([3, 4, 2], rng=0)
    folded = draw(model, np.ones((2, 3)), depth=1, style="compact")
    assert ">hides 3 nodes<" in folded.dot


def test_a_few_numbers_stand_in_the_row_and_what_has_no_room_is_cut():
    x = Tensor(np.arange(6.0).reshape(2, 3) / 7, label="x")
    found = cells_of(Box("n0", "leaf", "leaf", "", "x", (("data", "1  2\n3  4"), ("grad", "none"))))
    assert [cell.text for cell in found] == ["x", "1  2; 3  4", "none"]
    assert "…" in draw(x, style="compact").dot


def test_the_estimate_of_its_size_is_near():
    svg = draw(neuron(), style="compact").svg()
    drawn = boxes(svg)["n2"]
    rows = (("data", "-6"), ("grad", "0.5"))
    box = Box("n2", "result", "n2: result of mul", "*", "", rows, compact=True)
    width, height = size_of(box)
    assert width == pytest.approx(drawn.right - drawn.left, rel=0.3)
    assert height == pytest.approx(drawn.bottom - drawn.top, abs=15)


def test_labels_of_users_stay_text():
    picture = draw(Value(1.0, label="<b>&\n|"), style="compact")
    assert "<b>& |" in texts(dict(groups(picture.svg(), "node"))["n0"])


@pytest.mark.parametrize("style", ["Compact", "", None, "small"])
def test_another_style_is_refused(style):
    with pytest.raises(ValueError, match="style must be 'full' or 'compact', got"):
        draw(neuron(), style=style)


@pytest.mark.parametrize("style", ["full", "compact"])
def test_a_label_of_spaces_names_nothing(style):
    svg = draw(Value(2.0, label="  ").tanh(), style=style).svg()
    assert "<title>n0: leaf" in svg
