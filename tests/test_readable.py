"""What a picture's reader meets: labels clear of lines, an order to read in, a key."""

import re

import numpy as np
import pytest
from pictures import boxes, curves, edge_labels, groups

import engine
import nn
from engine import Tensor, Value
from engine.showing import BINS
from viz import draw, side_by_side
from viz.graphs.batches import Batches

BATCH = np.linspace(-1.0, 2.0, 6).reshape(2, 3)


def expression() -> Value:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = engine.tanh(a * b + 6.5) ** 2 - a / b
    y.backward()
    return y


def images() -> Tensor:
    model = nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    y = nn.CrossEntropyLoss()(model(np.linspace(0, 1, 128).reshape(2, 1, 8, 8)), np.array([0, 2]))
    y.backward()
    return y


# --- edges and what is written on them ---


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("make", [expression, images])
@pytest.mark.parametrize("flow", [False, True])
def test_what_is_written_on_an_edge_is_clear_of_edges_and_boxes(make, direction, flow):
    svg = draw(make(), local=True, direction=direction, flow=flow).svg()
    labels = edge_labels(svg)
    assert len(labels) > 10
    lines = curves(svg)
    for words, room in labels:
        assert [name for name, line in lines if any(room.has(*p) for p in line)] == [], words
        assert [name for name, box in boxes(svg).items() if room.meets(box)] == [], words


# --- batches ---


def test_a_plain_batch_is_an_input_outside_the_frame_of_the_layer():
    svg = draw(nn.MLP([3, 4, 2], rng=0), BATCH).svg()
    node = boxes(svg)["a0"]
    assert "input" in dict(groups(svg, "node"))["a0"].get("class").split()
    assert not any(frame.meets(node) for frame in boxes(svg, "cluster").values())
    assert not any("constant" in g.get("class") for _, g in groups(svg, "node"))


def test_an_array_that_enters_twice_is_one_box_with_two_edges():
    layer = nn.Linear(3, 3, rng=0)
    svg = draw(layer(BATCH) + layer(BATCH)).svg()
    assert [name for name in boxes(svg) if name.startswith("a")] == ["a0"]
    assert len([name for name, _ in groups(svg, "edge") if name.startswith("a0->")]) == 2


def test_a_batch_enters_a_folded_layer_too():
    svg = draw(nn.MLP([3, 4, 2], rng=0), BATCH, depth=1).svg()
    assert [name for name, _ in groups(svg, "edge") if name.startswith("a0->f")]


def test_of_many_arrays_into_folds_none_is_drawn():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    y = x
    for i in range(60):
        y = y * np.array([1.0 + i, 2.0])
    assert "plain array" not in draw(y.sum()).dot


def test_numbers_and_masks_stay_constants():
    x = Tensor([1.0, 2.0], requires_grad=True)
    given = Batches()
    assert given.name_of(np.array(2.0)) == given.name_of("text") == ""
    svg = draw(engine.where(np.array([True, False]), x * 2.0, 0.0)).svg()
    assert sum("constant" in g.get("class") for _, g in groups(svg, "node")) == 3


# --- frames ---


class Wrapped(nn.Module):
    """A module with nothing in it but another."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2, rng=0)

    def forward(self, x):
        return self.linear(x)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Wrapped()
        self.second = nn.Linear(2, 1, rng=1)

    def forward(self, x):
        return self.second(engine.relu(self.first(x)))


def test_a_frame_around_a_single_frame_is_one_with_both_names():
    svg = draw(Twice(), BATCH).svg()
    titles = {g[0].text for _, g in groups(svg, "cluster")}
    assert titles == {"Twice", "first: Wrapped / linear: Linear", "second: Linear"}


# --- the order to read in ---


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_side_by_side_the_first_leaf_comes_before_the_second_on_both_sides(direction):
    picture = side_by_side(lambda w1, w2: w1 * w1 + w2, [1.0, 2.0], [3.0, 4.0], direction=direction)
    svg = picture.svg()
    axis = 0 if direction == "TB" else 1
    place = {
        re.match(r"[^:]*", g[0].text)[0]: boxes(svg)[name][axis]
        for name, g in groups(svg, "node")
        if "leaf" in g.get("class").split()
    }
    assert place["w1"] < place["w2"]
    assert place["w1[0]"] < place["w2[0]"] < place["w2[1]"]
    frames = [boxes(svg, "cluster")[name][axis] for name, _ in groups(svg, "cluster")]
    titles = [g[0].text for _, g in groups(svg, "cluster")]
    first = titles[frames.index(min(frames))]
    assert first.startswith("on Tensors")


def test_in_a_layer_the_weight_stands_above_the_bias():
    found = boxes(draw(nn.MLP([3, 4, 2], rng=0), BATCH).svg())
    assert found["a0"].top < found["n0"].top < found["n1"].top


# --- the key ---


def below(picture) -> str:
    """The texts of a picture that are in no box, edge or frame."""
    return re.sub(r"<g id=[^>]*class=.(node|edge|cluster).*?</g>", "", picture.svg(), flags=re.S)


def test_strips_are_explained_once_and_only_the_kinds_there_are():
    signed, spread = "blue negative, white 0, orange positive", f"{BINS} equal steps"
    small = draw(Tensor([1.0, -2.0, 3.0, 4.0, 5.0], label="x"))
    assert below(small).count(signed) == 1
    assert spread not in small.dot
    assert "nan or inf" not in small.dot
    large = draw(Tensor(np.arange(1000.0), label="x"))
    assert below(large).count(spread) == 1
    assert signed not in large.dot
    lost = draw(Tensor([np.nan, -2.0, 3.0, 4.0, 5.0], label="x"))
    assert "nan or inf" in below(lost)
    both = draw(images())
    assert (both.dot.count(signed), both.dot.count(spread)) == (1, 1)


def test_the_key_speaks_of_the_colours_of_its_ground():
    dark = draw(Tensor(np.arange(1000.0), label="x"), dark=True).dot
    assert "the lighter, the more numbers" in dark
    assert "black 0" in draw(Tensor(np.arange(6.0), label="x"), dark=True).dot


def test_without_strips_there_is_no_key():
    assert "labelloc" not in draw(expression()).dot
