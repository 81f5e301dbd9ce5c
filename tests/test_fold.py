"""Folding: every node is drawn or counted, pictures stay a page, focus and depth do as told."""

import random
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from dot_reading import HIDES, boxes, drawn, edges, hidden, runs_in_a_circle
from graphs import tensor_graphs, value_graphs
from hypothesis import given, settings, strategies as st

import engine
import nn
import nn.scalar
from engine import Tensor, Value
from viz import GraphTooLargeError, draw, to_dot, trace
from viz.drawing.renderer import find_renderer, render
from viz.graphs.choosing import BOXES


def title_of(dot: str, title: str) -> str:
    """The text of the box of that title."""
    found = [box for box in dot.split("shape=")[1:] if f"<B>{title}</B>" in box]
    assert len(found) == 1
    return found[0]


# --- for any graph ---

OPTIONS = st.one_of(
    st.fixed_dictionaries({"max_nodes": st.integers(1, 12)}),
    st.fixed_dictionaries({"depth": st.integers(0, 2), "max_nodes": st.integers(1, 12)}),
    st.fixed_dictionaries({"radius": st.integers(0, 3), "around": st.just("x0")}),
)


@given(value_graphs() | tensor_graphs(), OPTIONS, st.booleans())
@settings(deadline=None)
def test_every_node_is_drawn_or_counted_and_the_picture_renders(root, options, after_backward):
    if after_backward and root.requires_grad:
        with np.errstate(all="ignore"):
            root.backward()
    order = engine.toposort(root)
    if not any(node.label == "x0" for node in order):
        options = {name: x for name, x in options.items() if name not in ("around", "radius")}
    dot = to_dot(root, **options)
    assert drawn(dot) + hidden(dot) == len(order)
    declared = set(re.findall(r"^ *(\w+) \[shape=", dot, re.MULTILINE))
    assert {end for edge in edges(dot) for end in edge} <= declared
    assert not runs_in_a_circle(dot)
    assert ET.fromstring(render(dot)).tag.endswith("svg")


@given(value_graphs() | tensor_graphs())
@settings(deadline=None)
def test_the_result_is_never_hidden(root):
    assert "output of" in to_dot(root, max_nodes=1)


@given(value_graphs(max_ops=4), st.integers(1, 12))
@settings(max_examples=15, deadline=None)
def test_both_programs_draw_the_same_text(root, max_nodes):
    """graphviz-pure and Debian's dot, where it is installed."""
    dot = to_dot(root, max_nodes=max_nodes).encode()
    programs = {find_renderer(), shutil.which("dot") or find_renderer()}
    for program in programs:
        svg = subprocess.run(
            [program, "-Kdot", "-Tsvg"], input=dot, capture_output=True, check=True
        )
        nodes = [
            g for g in ET.fromstring(svg.stdout).iter() if "node" in g.get("class", "").split()
        ]
        assert len(nodes) == len(re.findall(rb"^ *\w+ \[shape=", dot, re.MULTILINE))


# --- large graphs ---


def page_sized(dot: str) -> bool:
    """At most 60 × 30 inches of 72 points: one screen, zoomed out by three or so."""
    width, height = ET.fromstring(render(dot)).get("viewBox").split()[2:]
    return float(width) <= 60 * 72 and float(height) <= 30 * 72


def expanded(samples: int) -> Value:
    """A 2-16-16-1 network on a few samples, every product and sum a node."""
    model = nn.scalar.MLP(2, [16, 16, 1], rng=random.Random(0))
    scores = [model([0.5 * i, 1.0 - i]) for i in range(samples)]
    total = sum((score * 0.5 for score in scores[1:]), scores[0] * 0.5)
    return nn.scalar.expand(engine.tanh(total))


def test_a_scalar_network_of_1621_nodes_folds_to_a_page():
    root = expanded(2)
    root.backward()
    dot = draw(root).dot
    assert len(engine.toposort(root)) == 1621
    assert drawn(dot) + hidden(dot) == 1621
    assert "layers[0].neurons[0] … neurons[15] (16 modules)" in dot
    assert page_sized(dot)


@pytest.mark.parametrize("length", [5_000, 100_000])
def test_a_very_large_graph_folds_to_a_few_boxes(length):
    y = Value(1.0)
    for _ in range(length - 1):
        y = y + 1.0
    dot = to_dot(y)
    assert drawn(dot) + hidden(dot) == length
    assert boxes(dot) <= 4
    assert f"add × {length - 2:,}" in dot
    assert page_sized(dot)


def test_a_large_network_without_labels_folds_by_likeness():
    rng = random.Random(0)
    x = [Value(1.0), Value(-1.0)]
    for width in (16, 16, 1):
        x = [
            engine.tanh(sum((Value(rng.uniform(-1, 1)) * one for one in x), Value(0.0)))
            for _ in range(width)
        ]
    dot = to_dot(x[0])
    assert drawn(dot) + hidden(dot) == len(engine.toposort(x[0])) > 900
    assert boxes(dot) <= BOXES
    assert page_sized(dot)


def test_many_samples_of_one_network_fold_to_its_layers_and_the_loss():
    model = nn.scalar.MLP(2, [16, 16, 1], rng=random.Random(0))
    scores = [model([0.1 * i, 1.0]) for i in range(60)]
    loss = sum(((1 - score).relu() for score in scores), Value(0.0)) / 60
    dot = to_dot(loss)
    assert drawn(dot) + hidden(dot) == len(engine.toposort(loss))
    assert boxes(dot) <= 12
    assert "hides 60 nodes" in title_of(dot, "relu × 60")


def test_an_array_program_run_number_by_number_keeps_its_layers_apart():
    """The sums of two layers would be alike, and tie the layers into a knot."""
    model = nn.MLP([8, 6, 3], rng=0).scalar()
    dot = to_dot(nn.CrossEntropyLoss()(model(np.ones((4, 8))), np.array([0, 1, 2, 0])))
    for name, hides in (("layers.0", 4 * 6 * 16 + 54), ("layers.1", 4 * 3 * 12 + 21)):
        assert f"hides {hides} nodes" in title_of(dot, name)


def test_leaves_are_alike_if_they_enter_the_same_ops_and_both_want_a_gradient():
    sines = [engine.sin(Value(1.0)) for _ in range(20)]
    fixed = [engine.sin(Value(1.0, requires_grad=False)) for _ in range(21)]
    exponentials = [engine.exp(Value(1.0)) for _ in range(22)]
    dot = to_dot(sum(sines + fixed + exponentials, Value(0.0)))
    assert re.findall(r"<B>(\d+) leaves</B>", dot) == ["20", "21", "22"]


@pytest.mark.parametrize(("links", "hides"), [(7, 3), (8, 7)])
def test_the_first_links_of_a_chain_stand_alone_unless_it_is_long(links, hides):
    """Three rounds tell three links apart; in a chain of eight or more they stay with the rest."""
    y = Value(1.0)
    for _ in range(links):
        y = y + 1.0
    assert hidden(to_dot(y, max_nodes=2)) == hides


# --- by module ---


def mlp(sizes=(4, 8, 8, 2)) -> tuple[nn.Module, Tensor]:
    model = nn.MLP(list(sizes), rng=0)
    return model, (model(np.ones((3, sizes[0]))) ** 2).sum()


def test_depth_0_is_the_model_1_its_layers_and_2_everything():
    _, loss = mlp()
    count = len(engine.toposort(loss))
    assert boxes(to_dot(loss, depth=0)) == 3  # model, square, sum
    dot = to_dot(loss, depth=1)
    assert HIDES.findall(dot) == ["3"] * 3
    assert drawn(dot) == 2 + 2  # relu between layers, the loss
    assert drawn(to_dot(loss, depth=2)) == count


def test_a_depth_that_was_asked_for_is_not_blurred_by_likeness():
    """Adds of different blocks in one box would tie the blocks into a knot."""
    model = nn.Sequential(*(nn.TransformerBlock(8, 2, rng=0) for _ in range(6)))
    with trace(model) as seen:
        loss = model(np.ones((1, 3, 8))).sum()
    asked = to_dot(loss, seen=seen, depth=2)
    assert "alike" not in asked
    assert boxes(to_dot(loss, seen=seen, depth=2, max_nodes=5)) < boxes(asked)


def test_a_folded_module_says_what_is_inside():
    _, loss = mlp()
    loss.backward()
    box = title_of(to_dot(loss, depth=1), "layers.0")
    assert "hides 3 nodes" in box
    assert ">linear<" in box
    assert "2 (40 numbers)" in box
    assert "norm " in box
    assert "(3, 8)" in box


def test_modules_alike_are_one_box_with_a_count():
    model = nn.Sequential(*(nn.Residual(nn.Linear(3, 3, rng=0)) for _ in range(6)))
    with trace(model) as seen:
        loss = model(Tensor(np.ones((2, 3)))).sum()
    dot = to_dot(loss, depth=1, seen=seen)
    assert "0 … 5 (6 modules)" in dot
    assert hidden(dot) == 6 * 4


def test_three_modules_alike_are_three_boxes():
    model = nn.Sequential(*(nn.Linear(3, 3, rng=0) for _ in range(3)))
    assert HIDES.findall(to_dot(model(np.ones((2, 3))).sum(), depth=1)) == ["3"] * 3


def test_a_transformer_folds_to_a_page_with_and_without_a_trace():
    blocks = nn.Sequential(*(nn.TransformerBlock(8, 2, causal=True, rng=0) for _ in range(5)))
    model = nn.Sequential(nn.Linear(4, 8, rng=0), blocks, nn.Linear(8, 3, rng=0))
    x = np.ones((2, 6, 4))
    seen, unseen = draw(model, x).dot, draw(model(x)).dot
    for dot in (seen, unseen):
        assert boxes(dot) <= BOXES
        assert page_sized(dot)
        assert "(5 modules)" in dot
    assert hidden(seen) == hidden(unseen)


def test_frames_show_the_modules():
    _, loss = mlp()
    dot = to_dot(loss)
    titles = re.findall(r">(layers\.\d)</TD></TR></TABLE>> labeljust", dot)
    assert sorted(titles) == ["layers.0", "layers.1", "layers.2"]


def test_no_labels_no_frames():
    x = Tensor([1.0], requires_grad=True, label="x")
    assert "subgraph" not in to_dot(x * x)


# --- focus ---


def test_around_draws_what_is_near_and_counts_the_rest():
    _, loss = mlp()
    dot = to_dot(loss, around="layers.1.weight", radius=1)
    assert drawn(dot) == 2  # the weight, and the op it enters
    assert "further back" in dot
    assert "further on" in dot
    assert "elsewhere" in dot
    assert drawn(dot) + hidden(dot) == len(engine.toposort(loss))


def test_around_takes_the_node_itself_and_radius_0_is_the_node_alone():
    model, loss = mlp()
    assert drawn(to_dot(loss, around=model.layers[0].bias, radius=0)) == 1


def test_a_large_radius_draws_everything():
    _, loss = mlp()
    assert to_dot(loss, around="layers.0.bias", radius=100) == to_dot(loss)


def test_a_crowded_neighbourhood_is_folded_by_likeness():
    x = Value(1.0, label="x")
    total = Value(0.0, label="start")
    for _ in range(500):
        total = total + engine.sin(x)
    dot = to_dot(total, around="x", radius=1)
    assert boxes(dot) < 10
    assert drawn(dot) + hidden(dot) == len(engine.toposort(total))


# --- refusals ---


@pytest.mark.parametrize(
    "given",
    [{"depth": -1}, {"depth": 1.5}, {"depth": True}, {"radius": -2}, {"max_nodes": 0}],
)
def test_a_size_that_is_none_is_refused(given):
    with pytest.raises(ValueError, match="must be a whole number from"):
        to_dot(Value(1.0), **given)


@pytest.mark.parametrize("around", ["nothing", Value(1.0)])
def test_a_centre_that_is_not_there_is_refused(around):
    with pytest.raises(ValueError, match="around: there is no"):
        to_dot(Value(1.0, label="x") * 2, around=around)


def test_without_folding_a_large_graph_is_refused():
    with pytest.raises(GraphTooLargeError, match="leave out fold=False"):
        to_dot(expanded(1), fold=False)


@pytest.mark.parametrize(("links", "folded"), [(7, False), (8, True)])
def test_to_a_depth_four_times_as_many_boxes_are_drawn_before_more_is_folded(links, folded):
    y = Value(1.0)
    for _ in range(links):
        y = y + 1.0
    assert (hidden(to_dot(y, depth=1, max_nodes=2)) > 0) == folded


def test_a_long_name_of_a_folded_module_is_cut():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    inner = nn.Sequential()
    inner.add_module("a_very_long_name_" * 8, model)
    with trace(inner) as seen:
        y = inner(np.ones((1, 2))).sum()
    titles = re.findall("<B>(a_very_long[^<]*)</B>", to_dot(y, depth=1, seen=seen))
    assert [(len(title), title[-1]) for title in titles] == [(60, "…")]
