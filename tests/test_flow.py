"""Edges drawn as a river: widths by the logarithm, signs by colour and by line style."""

import itertools
import re

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from engine.showing import POSITIVE
from viz import draw, to_dot, trace
from viz.drawing import render
from viz.drawing.flow import ALARM, NARROWEST, SIGNS, WIDEST, flow_of, flow_width


def test_each_power_of_ten_is_an_even_step_and_six_are_told_apart():
    widths = [flow_width(10.0**-k, 1.0) for k in range(9)]
    steps = [a - b for a, b in itertools.pairwise(widths)]
    assert widths[0] == WIDEST
    assert widths[6:] == [NARROWEST] * 3
    assert np.allclose(steps[:6], (WIDEST - NARROWEST) / 6)


@pytest.mark.parametrize("largest", [5e-324, 1.0, 1.7e308])
def test_the_widest_edge_is_the_largest_of_any_size(largest):
    assert flow_width(largest, largest) == WIDEST


@pytest.mark.parametrize(
    ("contribution", "sign"),
    [
        (2.0, "positive"),
        (-2.0, "negative"),
        (0.0, "zero"),
        (np.zeros(3), "zero"),
        (np.empty(0), "zero"),
        ([1.0, 2.0, -0.5], "positive"),
        ([-1.0, -2.0, 0.5], "negative"),
        ([1.0, -2.0, 1.0], "mixed"),
        ([1e308, 1e308], "positive"),
        (np.nan, "alarm"),
        ([1.0, np.inf], "alarm"),
    ],
)
def test_the_sign_of_what_an_edge_carries(contribution, sign):
    assert flow_of(contribution, 10.0).sign == sign


def test_signs_are_told_apart_without_colour():
    styles = [SIGNS[sign][1] for sign in ("positive", "negative", "zero")]
    assert styles == ["solid", "dashed", "dotted"]


def test_what_has_no_size_is_thin_and_nan_is_not():
    assert flow_of(0.0, 1.0).width == NARROWEST
    assert flow_of(np.nan, 1.0).width == ALARM


def test_an_array_is_as_wide_as_its_norm():
    assert flow_of([3.0, 4.0], 50.0).width == flow_width(5.0, 50.0)


# --- in pictures ---


def drawn_edges(dot):
    """Of each arrow in the svg its two ends, its classes, its width and its dashes."""
    svg = render(dot).decode()
    found = {}
    for classes, content in re.findall(r'class="edge ?([^"]*)"(.*?)</g>', svg, re.DOTALL):
        name = re.search(r'data-name="([^"]*)"|<title>([^<]*)</title>', content)
        name = (name[1] or name[2]).replace("&#45;&gt;", "->")
        path = re.search(r"<path ([^>]*)>", content)[1]
        width = re.search(r'stroke-width="([\d.]+)"', path)
        dashes = re.search(r'stroke-dasharray="([^"]*)"', path)
        found[name] = (classes, float(width[1]) if width else 1.0, dashes and dashes[1])
    return found


def test_a_vanishing_gradient_is_a_river_that_dries_up():
    """Along a chain of sigmoids each edge nearer the leaf is narrower; a residual stream stays."""
    x = y = Value(0.5, label="x")
    for _ in range(8):
        y = engine.sigmoid(y)
    chain = [width for _, width, _ in drawn_edges(to_dot(y, flow=True)).values()]
    assert len(chain) == 8
    assert chain == sorted(chain)
    assert chain[-1] == 8.0
    assert chain[0] < 4.0
    z = x
    for _ in range(8):
        z = z + engine.sigmoid(z)
    edges = drawn_edges(to_dot(z, flow=True, max_nodes=40))
    stream = [edges[f"n{max(k - 2, 0)}->n{k}"][1] for k in range(2, 17, 2)]
    assert min(stream) > 7.5


@pytest.mark.parametrize(
    "make", [Value, lambda x, label: Tensor([x], requires_grad=True, label=label)]
)
def test_signs_and_zeros_are_classes_and_line_styles(make):
    x, w = make(2.0, label="x"), make(-3.0, label="w")
    y = engine.sum(x * w + engine.relu(w)) if make is not Value else x * w + engine.relu(w)
    order = engine.toposort(y)
    place = {node.label or node.op.name: i for i, node in enumerate(order)}
    edges = drawn_edges(to_dot(y, flow=True))
    assert edges[f"n{place['w']}->n{place['mul']}"][0::2] == ("flow positive", None)
    assert edges[f"n{place['x']}->n{place['mul']}"][0::2] == ("flow negative", "5,2")
    assert edges[f"n{place['w']}->n{place['relu']}"][0::2] == ("flow zero", "1,5")


def test_no_gradient_is_touched_and_backward_need_not_have_been_called():
    x = Tensor([1.0, -2.0], requires_grad=True, label="x")
    y = (x * 3.0).sum()
    before = draw(y, flow=True).dot
    assert x.grad is None
    y.backward()
    y.backward()
    assert before.count('class="flow') == draw(y, flow=True).dot.count('class="flow') == 2
    assert x.grad.tolist() == [6.0, 6.0]


def test_nan_is_written_on_its_edge():
    x = Value(0.0, label="x")
    dot = to_dot(engine.sqrt(x) * 0.0, flow=True)
    assert "! nan" in dot.split("n0 -> n1")[1].splitlines()[0]
    assert f'penwidth=3 arrowsize=0.58 style=solid color="{POSITIVE}" class="flow alarm"' in dot


def test_the_key_says_what_the_widths_mean():
    x = Value(3.0, label="x")
    dot = to_dot(x * 0.25, flow=True)
    assert "(widest: 0.25; each power of ten less is a step, six at most)" in dot
    assert "Blue, dashed: negative" in dot
    assert "widest" not in to_dot(x * 0.25)


def test_a_constant_and_an_input_without_gradient_carry_nothing():
    x = Tensor([1.0], requires_grad=True)
    fixed = Tensor([2.0])
    edges = drawn_edges(to_dot((x * fixed * 3.0).sum(), flow=True))
    assert sorted(classes for classes, *_ in edges.values()) == ["", "", *["flow positive"] * 3]


def test_bundled_edges_are_as_wide_as_all_they_carry():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    with trace(model) as seen:
        loss = (model(np.ones((1, 2))) ** 2).sum()
    edges = drawn_edges(to_dot(loss, flow=True, seen=seen, depth=1))
    assert len(edges) == 5  # with the batch and the constant 2
    assert sum(classes.startswith("flow") for classes, *_ in edges.values()) == 3


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Tensor([1.0, 2.0], requires_grad=True) * 2, "got shape .2,.: draw its sum"),
        (lambda: Tensor([1.0]).sum(), "no gradient flows below root"),
    ],
)
def test_where_nothing_flows_a_river_is_refused(make, says):
    with pytest.raises(ValueError, match=f"flow=True.*{says}"):
        to_dot(make(), flow=True)


def test_a_leaf_changed_since_is_refused():
    x = Tensor([1.0], requires_grad=True)
    y = (x * x).sum()
    x.data = [2.0]
    with pytest.raises(ValueError, match="a leaf was changed since"):
        to_dot(y, flow=True)
