"""A module called several times: a frame for each call, arrows one way, parameters drawn once."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from viz import draw, to_dot, trace
from viz.drawing import render
from viz.graphs.calls import shared_leaves
from viz.graphs.traced import input_places, module_paths

SVG = "{http://www.w3.org/2000/svg}"


class Thrice(nn.Module):
    """A residual block that is used three times."""

    def __init__(self):
        self.inp = nn.Linear(3, 4, rng=0)
        self.block = nn.Residual(nn.Sequential(nn.Linear(4, 4, rng=1), nn.Tanh()))
        self.out = nn.Linear(4, 1, rng=2)

    def forward(self, x):
        x = self.inp(x)
        for _ in range(3):
            x = self.block(x)
        return self.out(x)


class Around(nn.Module):
    """A layer whose result leaves it and comes back, with nothing known of calls."""

    def __init__(self):
        self.cell = nn.Linear(3, 3, rng=0)

    def forward(self, x):
        for _ in range(3):
            x = engine.sin(self.cell(x))
        return x


def loss_of(model):
    with trace(model) as seen:
        loss = (model(np.ones((2, 3))) ** 2).mean()
    loss.backward()
    return loss, seen


def frames(dot):
    return re.findall(r'">([^<]*)</TD></TR></TABLE>> labeljust', dot)


def backward_arrows(dot):
    """The arrows whose point is left of where they begin, in a picture from left to right."""
    svg = ET.fromstring(render(dot))
    found = []
    for edge in (g for g in svg.iter(f"{SVG}g") if g.get("class") == "edge"):
        path = next(edge.iter(f"{SVG}path")).get("d")
        points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)
        if float(points[-1][0]) < float(points[0][0]):
            found.append(edge.find(f"{SVG}title").text)
    return found


def test_each_call_has_a_frame():
    loss, seen = loss_of(Thrice())
    dot = to_dot(loss, seen=seen, max_nodes=40)
    blocks = sorted(title for title in frames(dot) if title.endswith("Residual"))
    assert blocks == ["block, call 2: Residual", "block, call 3: Residual", "block: Residual"]


@pytest.mark.parametrize("make", [Thrice, Around])
@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("options", [{}, {"max_nodes": 40}, {"depth": 1}, {"depth": 2}])
def test_no_arrow_runs_backwards(make, traced, options):
    loss, seen = loss_of(make())
    dot = to_dot(loss, seen=seen if traced else None, **options)
    assert backward_arrows(dot) == []


@pytest.mark.parametrize("traced", [True, False])
def test_no_path_leaves_a_frame_and_comes_back(traced):
    loss, seen = loss_of(Around())
    order = engine.toposort(loss)
    inputs, paths = input_places(order), module_paths(order, seen if traced else None)
    for frame in {path[:k] for path in paths for k in range(1, len(path) + 1)}:
        inside = {i for i, path in enumerate(paths) if path[: len(frame)] == frame}
        left = set()  # outside, after the frame
        for i, below in enumerate(inputs):
            if i in inside:
                assert not left & set(below)
            elif (inside | left) & set(below):
                left.add(i)


def test_parameters_of_several_calls_are_drawn_once_outside_and_small():
    loss, seen = loss_of(Thrice())
    dot = to_dot(loss, seen=seen, max_nodes=40)
    box = dot.split("<B>block.module.0.weight</B>")[1].split("</TABLE>")[0]
    assert dot.count("<B>block.module.0.weight</B>") == 1
    assert dot.count(">leaf, used by 3 calls<") == 2
    assert "norm" in box
    assert "mean" not in box
    order = engine.toposort(loss)
    place = {node.label: i for i, node in enumerate(order)}
    paths = module_paths(order, seen)
    assert paths[place["block.module.0.weight"]] == ("Thrice",)
    assert paths[place["inp.weight"]] == ("Thrice", "inp")
    assert shared_leaves(order, input_places(order), paths) == {
        place["block.module.0.weight"]: 3, place["block.module.0.bias"]: 3,
    }  # fmt: skip


def test_a_number_that_calls_share_is_written_in_full():
    model = Thrice().scalar()
    with trace(model) as seen:
        y = model([1.0, 2.0, 3.0]).sum()
    dot = to_dot(y, seen=seen, around="block.module.0.weight[0,0]", radius=0)
    assert "leaf, used by 3 calls" in dot
    assert "data" in dot


def test_the_picture_of_a_block_used_three_times_is_of_two_pages():
    """It was 2,610 × 3,645 points."""
    svg = ET.fromstring(render(draw(Thrice(), np.ones((2, 3))).dot))
    width, height = (float(svg.get(side)[:-2]) for side in ("width", "height"))
    assert width * height <= 1600 * 1200


def test_a_model_that_is_called_again_has_a_frame_for_each_call():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    with trace(model) as seen:
        y = model(model(np.ones((1, 2)))).sum()
    titles = frames(to_dot(y, seen=seen))
    assert "Sequential" in titles
    assert "Sequential, call 2" in titles


def test_many_calls_are_folded_to_one_box_that_counts_them():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())
    with trace(model) as seen:
        x = np.ones((1, 2))
        for _ in range(40):
            x = model(x)
        y = x.sum()
    assert "<B>Sequential … Sequential, call 40 (40 calls)</B>" in to_dot(y, seen=seen)


def test_a_leaf_used_outside_before_its_module_stands_outside_of_it():
    class Scaled(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 2, rng=0)

        def forward(self, x):
            return self.layer(self.layer.weight.sum() * x)

    model = Scaled()
    with trace(model) as seen:
        y = model(Tensor([[1.0, 2.0]])).sum()
    order = engine.toposort(y)
    paths = dict(zip((node.label for node in order), module_paths(order, seen), strict=True))
    assert paths["layer.weight"] == ("Scaled",)
    assert paths["layer.bias"] == ("Scaled", "layer")


def test_a_call_inside_a_sibling_is_a_part_of_neither():
    """One module runs another that is not its own: the frame around the first is left."""

    class Runs(nn.Module):
        def forward(self, x, other):
            return engine.exp(other(engine.sin(x)))

    class Siblings(nn.Module):
        def __init__(self):
            self.first, self.second = Runs(), nn.Tanh()

        def forward(self, x):
            return self.first(x, self.second)

    model = Siblings()
    with trace(model) as seen:
        y = model(Tensor([1.0], requires_grad=True)).sum()
    order = engine.toposort(y)
    found = [path[1:] for path in module_paths(order, seen)]
    assert found == [(), ("first",), ("second",), ("first, part 2",), ()]
    assert backward_arrows(to_dot(y, seen=seen)) == []


class Again(nn.Module):
    """What it is given is run n times, a residual block of this model's own making."""

    def __init__(self, n, *layers, step=lambda x, y: x + y):
        self.n, self.step = n, step
        self.block = nn.Sequential(*layers) if len(layers) > 1 else layers[0]

    def forward(self, x):
        for _ in range(self.n):
            x = self.step(x, self.block(x))
        return x


def test_a_sequential_that_is_called_again_has_a_frame_for_each_call():
    model = Again(3, nn.Linear(3, 3, rng=0), nn.ReLU(), nn.Linear(3, 3, rng=1))
    loss, seen = loss_of(model)
    titles = [title for title in frames(to_dot(loss, seen=seen, depth=9)) if "block" in title]
    calls = ["block", "block, call 2", "block, call 3"]
    assert sorted(titles) == sorted(f"{call}: Sequential" for call in calls)


def test_rounds_begin_with_the_first_call():
    model = Again(9, nn.Linear(3, 3, rng=0), nn.ReLU(), nn.Linear(3, 3, rng=1))
    loss, seen = loss_of(model)
    assert "<B>(Sequential → add) × 9</B>" in to_dot(loss, seen=seen)


def test_a_layer_in_a_loop_is_rounds_and_not_the_whole_model_in_one_box():
    model = Again(50, nn.Linear(3, 3, rng=0), step=lambda _, y: y.tanh())
    loss, seen = loss_of(model)
    assert "<B>(linear → tanh) × 50</B>" in to_dot(loss, seen=seen)


class InTime(nn.Module):
    def __init__(self):
        self.cell = nn.RNNCell(2, 3, rng=0)

    def forward(self, x):
        state = np.zeros((1, 3))
        for t in range(6):
            state = self.cell(x[t], state)
        return state


def test_calls_in_one_box_are_named_from_the_first_to_the_last():
    dot = draw(InTime(), np.ones((6, 1, 2))).dot
    assert "<B>cell, call 2 … cell, call 5 (4 calls)</B>" in dot


class InTurn(nn.Module):
    def __init__(self):
        def block():
            return nn.Residual(nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh()))

        self.blocks = nn.ModuleList([block(), block()])

    def forward(self, x):
        for _ in range(4):
            for block in self.blocks:
                x = block(x)
        return x.sum()


def test_several_calls_of_several_modules_are_counted_as_calls():
    titles = re.findall(r"<B>(blocks[^<]* … [^<]*)</B>", draw(InTurn(), np.ones((1, 2))).dot)
    assert titles
    assert all(title.endswith(" calls)") for title in titles)
