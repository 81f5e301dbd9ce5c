"""Folded pictures run in no circle: what comes again is counted, what is large is folded."""

import random
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from dot_reading import HIDES, boxes, drawn, hidden, runs_in_a_circle

import engine
import nn
from engine import Tensor, Value
from viz import draw, to_dot, trace
from viz.drawing.renderer import render


def test_a_chain_with_a_period_is_one_box_with_a_count():
    w, b, y = Value(0.5, label="w"), Value(0.1, label="b"), Value(1.0, label="x")
    for _ in range(100):
        y = engine.tanh(y * w + b)
    dot = to_dot(y)
    assert boxes(dot) <= 10
    assert {"w", "b", "x"} <= set(re.findall(r"<B>(\w+)</B>", dot))
    assert "<B>(mul → add → tanh) × 99</B>" in dot
    assert not runs_in_a_circle(dot)


def test_two_ops_in_turn_are_no_circle():
    """As it was: sin ⇄ mul ×998."""
    y = Value(1.0, label="x")
    for _ in range(998):
        y = engine.sin(y) * 0.5
    dot = to_dot(y)
    assert "<B>(sin → mul) × 997</B>" in dot
    assert "hides 1,994 nodes" in dot
    assert boxes(dot) == 4  # x, the rounds, the last sin and the last mul
    assert not runs_in_a_circle(dot)


def test_a_round_of_many_ops_is_named_by_its_ends():
    y = Value(1.0, label="x")
    for _ in range(60):
        y = engine.tanh(engine.exp(engine.cos(engine.sin(-y) * 0.5) + 1.0))
    dot = to_dot(y)
    assert "<B>(neg → sin → … 4 more … → tanh) × 59</B>" in dot
    assert not runs_in_a_circle(dot)


def test_modules_in_turn_with_an_op_are_a_round_too():
    layers = [layer for _ in range(30) for layer in (nn.Linear(3, 3, rng=0), nn.ReLU())]
    dot = draw(nn.Sequential(*layers), np.ones((2, 3))).dot
    assert "<B>(Linear → relu) × 29</B>" in dot
    assert not runs_in_a_circle(dot)


def test_few_modules_in_turn_with_an_op_are_each_drawn():
    layers = [layer for _ in range(5) for layer in (nn.Linear(3, 3, rng=0), nn.ReLU())]
    with trace(nn.Sequential(*layers)) as seen:
        y = seen.model(np.ones((2, 3))).sum()
    dot = to_dot(y, seen=seen, depth=1)
    assert drawn(dot) == 5 + 1  # relu, and the sum
    assert HIDES.findall(dot) == ["3"] * 5
    assert not runs_in_a_circle(dot)


def test_leaves_are_named_by_the_first_and_the_last():
    """As it was: ×20,000 w0."""
    total = sum((Value(1.0, label=f"w{i}") for i in range(20_000)), Value(0.0, label="start"))
    dot = to_dot(total)
    assert "<B>w0 … w19999 (20,000 leaves)</B>" in dot
    assert "<B>add × 19,999</B>" in dot
    assert "one after another" in dot
    assert not runs_in_a_circle(dot)


def test_what_is_reached_and_reaches_the_focus_again_is_drawn_in_between():
    x = Value(1.0, label="x")
    y = engine.exp(x)
    for _ in range(6):
        y = engine.sin(y)
    y.label = "far"
    z = x * y
    dot = to_dot(z, around="x", radius=1)
    assert "in between" in dot
    assert not runs_in_a_circle(dot)
    assert drawn(dot) + hidden(dot) == len(engine.toposort(z))


# --- drawn whole ---


def test_a_large_graph_that_is_drawn_whole_is_laid_out_in_one_quick_pass():
    """Graphviz looked for fewer crossings for minutes: 1,000 boxes took half a minute."""
    rng = random.Random(0)
    nodes = [Value(rng.random(), label=f"x{i}") for i in range(40)]
    while len(nodes) < 320:
        nodes.append(nodes[-rng.randint(1, 40)] * rng.choice(nodes))
    y = sum(nodes, Value(0.0))
    dot = to_dot(y, max_nodes=1000)
    assert "mclimit" in dot
    assert boxes(dot) == len(engine.toposort(y)) > 300
    assert ET.fromstring(render(dot)).tag.endswith("svg")
    assert "mclimit" not in to_dot(y)


# --- what is between, what does not repeat, what is not alike ---


def test_what_is_between_the_focus_and_itself_is_folded_part_by_part():
    x = Value(1.0, label="x")
    y1 = engine.sin(x)
    y2 = x * engine.exp(engine.tanh(y1))
    y3 = x * engine.exp(engine.tanh(y2))
    dot = to_dot(y3, around="x", radius=1)
    assert dot.count("<B>in between</B>") == 2
    assert HIDES.findall(dot) == ["2", "2"]
    assert not runs_in_a_circle(dot)


def test_a_chain_without_rounds_is_one_box_that_names_its_ops():
    rng = random.Random(0)
    y = Value(1.0, label="x")
    for _ in range(200):
        y = rng.choice([engine.sin, engine.cos, engine.tanh])(y)
    dot = to_dot(y)
    assert re.search(r"<B>(sin|cos|tanh), (sin|cos|tanh), (sin|cos|tanh)</B>", dot)
    assert boxes(dot) <= 6
    assert drawn(dot) + hidden(dot) == len(engine.toposort(y))
    assert not runs_in_a_circle(dot)


def test_what_is_not_alike_is_drawn_however_much_it_is():
    leaves = [Tensor(np.ones(n + 1), requires_grad=True, label="x") for n in range(45)]
    y = sum((x.sum() for x in leaves), Tensor(0.0))
    dot = to_dot(y)
    assert drawn(dot) + hidden(dot) == len(engine.toposort(y))
    assert boxes(dot) >= 45


def test_a_picture_that_is_too_large_is_folded_though_its_nodes_are_few():
    """29 nodes took 3,538 × 4,377 points."""
    model = nn.MLP([8] * 8, rng=0)
    loss = (model(np.random.default_rng(0).normal(size=(6, 8))) ** 2).mean()
    loss.backward()
    dot = to_dot(loss)
    assert len(engine.toposort(loss)) < 40
    assert hidden(dot) > 0
    width, height = map(float, ET.fromstring(render(dot)).get("viewBox").split()[2:])
    assert width * height <= 1600 * 1200
    assert hidden(to_dot(loss, max_nodes=40)) == 0
    assert hidden(to_dot(loss, fold=False)) == 0


@pytest.mark.parametrize("options", [{}, {"depth": 1}, {"depth": 2}, {"max_nodes": 6}])
@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("scalar", [True, False])
@pytest.mark.parametrize("steps", [3, 12])
def test_a_cell_that_is_used_step_by_step_makes_no_circle(options, traced, scalar, steps):
    class Steps(nn.Module):
        def __init__(self):
            self.cell = nn.RNNCell(2, 2, rng=0)
            self.out = nn.Linear(2, 1, rng=1)

        def forward(self, x):
            h, total = None, 0.0
            for _ in range(steps):
                h = self.cell(x) if h is None else self.cell(x, h)
                total = total + self.out(h).sum()
            return total

    model = Steps().scalar() if scalar else Steps()
    with trace(model) as seen:
        loss = model(np.ones((1, 2)))
    dot = to_dot(loss, seen=seen if traced else None, **options)
    assert not runs_in_a_circle(dot)
    assert drawn(dot) + hidden(dot) == len(engine.toposort(loss))


def attended(x, width, seed):
    rng = np.random.default_rng(seed)
    weights = [
        Tensor(rng.normal(size=(x.shape[1], width)), requires_grad=True, label=name)
        for name in ("query", "key", "value")
    ]
    q, k, v = (x @ w for w in weights)
    return engine.softmax(q @ k.T / 2.0, axis=-1) @ v


def test_ops_that_do_not_repeat_are_one_box_only_where_they_need_much_more_than_two_pages():
    x = np.random.default_rng(0).normal(size=(5, 4))
    once = attended(x, 3, seed=1)
    twice = attended(once.tanh(), 3, seed=2)
    titles = []
    for y in (once, twice):
        loss = (y**2).mean()
        loss.backward()
        titles.append(re.findall(r"<B>(.*?)</B>", to_dot(loss)))
    assert titles[0].count("@") == 5
    assert any(title.startswith("matmul, transpose, div") for title in titles[1])
