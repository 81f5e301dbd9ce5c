"""The Value graph of one element: its numbers are the array's, and its drawing can be read."""

import itertools
import json
import re

import numpy as np
import pytest
from graphs import tensor_graphs
from hypothesis import given, settings

import engine
import nn
from engine import Tensor
from viz import step_through, steps
from viz.stepping.elements import Elements
from viz.stepping.steps import ForwardStep
from viz.stepping.twin_data import twin_data
from viz.stepping.twin_layout import GAP, WIDTH, Layout
from viz.stepping.twins import COPY, LARGEST, LEFT_OUT, TERMS, Twin, Twins


def inputs(*shape):
    return Tensor(np.round(np.sin(np.arange(np.prod(shape))), 1).reshape(shape), label="x")


def weights(*shape):
    w = np.round(np.cos(np.arange(np.prod(shape))), 1).reshape(shape)
    return Tensor(w, requires_grad=True, label="w")


GRAPHS = {
    "matmul": lambda: (inputs(4, 3) @ weights(3, 2)).sum(),
    "linear": lambda: nn.Linear(3, 2, rng=0)(inputs(4, 3)).mean(),
    "softmax": lambda: (engine.softmax(weights(2, 3), axis=-1) * [1.0, 2.0, 3.0]).sum(),
    "log_softmax": lambda: engine.log_softmax(weights(2, 3), axis=-1)[:, 0].sum(),
    "relu": lambda: engine.relu(weights(2, 3)).sum(),
    "cumsum": lambda: (engine.cumsum(weights(4), axis=0) ** 2).sum(),
    "reshape": lambda: (weights(2, 3).reshape(3, 2) * inputs(3, 2)).sum(),
    "broadcast": lambda: (weights(3) * inputs(4, 3)).sum(),
    "twice": lambda: (weights(2, 2) @ weights(2, 2)).sum(),
    "max": lambda: engine.max(weights(2, 3), axis=1).sum(),
    "constant": lambda: engine.concatenate([weights(2), np.ones(2)]).sum(),
}


def twins_of(root):
    """Each step, each element of it, and its twin."""
    for step in steps(root):
        elements = Elements(step)
        if elements.arrays:
            twins = Twins(elements)
            for place in np.ndindex(elements.shape):
                yield step, place, twins.of(place)


def close(text, number):
    return float(text.replace("−", "-")) == pytest.approx(float(number), rel=1e-5, abs=1e-12)


def check(step, place, twin):
    """The numbers of a twin against the array's."""
    if isinstance(step, ForwardStep):
        assert close(twin.boxes[-1].value, step.result[place])
        assert twin.flows == []
        return
    inner = dict(twin.seeds)
    for flow in twin.flows:
        to = twin.boxes[flow.box].inputs[flow.index]
        assert flow.upstream == inner[flow.box]
        assert flow.part == pytest.approx(flow.upstream * flow.local, rel=1e-12)
        assert flow.before == inner.get(to, 0.0)
        assert flow.after == pytest.approx(flow.before + flow.part, rel=1e-4, abs=1e-6)
        inner[to] = flow.after
    if "terms" not in twin.note:
        assert twin.note == ""
        assert twin.flows[-1].after == step.contribution[place]


@pytest.mark.parametrize("name", GRAPHS)
def test_the_numbers_of_a_twin_are_those_of_the_array(name):
    found = [(step, place, twin) for step, place, twin in twins_of(GRAPHS[name]())]
    drawn = [one for one in found if isinstance(one[2], Twin)]
    assert len(drawn) > len(found) / 2  # constants and what was not picked have none
    for one in drawn:
        check(*one)


@settings(deadline=None)
@given(tensor_graphs())
def test_of_any_graph_the_numbers_are_those_of_the_arrays(root):
    with np.errstate(all="ignore"):
        for step, place, twin in twins_of(root):
            if isinstance(twin, Twin) and np.isfinite(step.names.order[-1].data).all():
                check(step, place, twin)


def across(path):
    """How far to the right the points of a path are, one after the other."""
    parts = [(part[0], part[1:].split()) for part in re.findall(r"[MCH][^MCH]*", path)]
    return [int(x) for kind, at in parts for x in (at if kind == "H" else at[::2])]


@pytest.mark.parametrize("name", GRAPHS)
def test_no_two_boxes_of_a_twin_overlap(name):
    for _, _, twin in twins_of(GRAPHS[name]()):
        if not isinstance(twin, Twin):
            continue
        laid = Layout(twin).laid()
        for i, (x, y, height) in enumerate(laid.boxes):
            assert 0 <= x <= laid.width - WIDTH
            assert 0 <= y <= laid.height - height
            for ox, oy, _ in laid.boxes[:i]:
                assert ox != x or abs(oy - y) >= GAP
            for path, j in zip(laid.paths[i], twin.boxes[i].inputs, strict=True):
                start = re.match(r"M(\d+) (\d+)", path)
                assert int(start[1]) == laid.boxes[j][0] + WIDTH  # left to right
                places = across(path)
                assert places == sorted(places)  # and never back
                assert path.endswith(f"{x} {round(y + height / 2)}") or path.endswith(
                    f"{x} {y + height // 2}"
                )


def test_a_weight_that_every_row_uses_shows_all_terms_up_to_a_limit():
    few, many = (
        Twins(Elements(list(steps((inputs(n, 2) @ weights(2, 1)).sum()))[-1])).of((0, 0))
        for n in (TERMS, TERMS + 3)
    )
    assert [len(twin.seeds) for twin in (few, many)] == [TERMS, TERMS]
    assert few.note == ""
    assert many.note.startswith(f"{TERMS} of {TERMS + 3} terms are drawn; all of them add up to ")


def test_where_the_op_gives_another_gradient_than_its_numbers_do_it_is_said():
    @engine.shape_op(lambda g, y, x: g * 3.0, elements=lambda x: x * 2.0)
    def twin_doubled(x):
        return x * 2.0

    step = list(steps(twin_doubled(weights(2, 1)).sum()))[-1]
    assert Twins(Elements(step)).of((0, 0)).note == "the op as a whole gives 3 here"
    engine.unregister("twin_doubled")


def test_what_is_only_added_on_the_way_is_left_out_and_said():
    step = list(steps((inputs(1, 3) @ weights(3, 1)).sum()))[-1]
    twin = Twins(Elements(step)).of((0, 0))
    assert [box.symbol for box in twin.boxes] == ["", "", "×", f"+{LEFT_OUT}"]
    assert twin.boxes[-1].name == "n2[0,0]"


def test_of_wide_graphs_as_many_terms_are_drawn_as_there_is_room_for():
    step = list(steps(engine.softmax(weights(12), axis=0)[0]))[-1]
    twin = Twins(Elements(step)).of((3,))
    assert len(twin.boxes) <= LARGEST
    assert 1 <= len(twin.seeds) <= TERMS
    assert twin.note.startswith(f"{len(twin.seeds)} of 12 terms are drawn")


def test_an_element_that_only_moved_is_a_copy():
    moved = next(iter(steps(weights(2, 3).reshape(6).sum())))
    twin = Twins(Elements(moved)).of((3,))
    assert [(box.symbol, box.name) for box in twin.boxes] == [("", "w[1,0]"), (COPY, "n1[3]")]


def test_what_has_no_twin_says_why():
    x = weights(100)
    forward, *_, backward = steps(x.sum())
    said = f"the graph behind L has 199 nodes, more than the {LARGEST} drawn here"
    assert Twins(Elements(forward)).of(()) == said
    assert [box.symbol for box in Twins(Elements(backward)).of((0,)).boxes] == ["", f"+{LEFT_OUT}"]
    product = list(steps(engine.prod(weights(60))))[-1]
    assert Twins(Elements(product)).of((0,)).startswith("the graph behind w[0] has ")
    huge = list(steps(weights(5000).sum()))[-1]
    assert "too many" in Twins(Elements(huge)).of((0,))
    joined = next(s for s in steps(GRAPHS["constant"]()) if isinstance(s, ForwardStep))
    assert Twins(Elements(joined)).of((3,)) == "n1[3] is a constant: no input is in it"
    picked = list(steps(weights(3)[:2].sum()))[-1]
    assert Twins(Elements(picked)).of((2,)) == "no element of n1 is computed from w[2]"


def opened(root):
    return {i: Elements(step) for i, step in enumerate(steps(root))}


def rows(text):
    return json.loads(re.search(r"rows: (.*) };$", text)[1])


def test_elements_of_one_array_share_a_structure():
    text = twin_data(opened(GRAPHS["matmul"]()), {}, 100_000)
    first = rows(text)["0"]
    assert len(first) == 8
    assert {twin[0] for twin in first.values()} == {0}


def test_without_room_only_what_was_asked_for_is_drawn():
    root = GRAPHS["matmul"]()
    assert rows(twin_data(opened(root), {}, 0)) == {}
    found = rows(twin_data(opened(root), {"w": [(1, 0)]}, 0))
    assert list(found) == ["3"]
    assert list(found["3"]) == ["2"]
    assert len(rows(twin_data(opened(root), {}, 600))) == 1


def test_the_more_room_the_more_steps_have_twins():
    found = [len(rows(twin_data(opened(GRAPHS["matmul"]()), {}, room)))
             for room in range(0, 5000, 100)]  # fmt: skip
    steps_more = [later - before for before, later in itertools.pairwise(found)]
    assert set(steps_more) <= {-1, 0, 1}  # one twin may take the room of two smaller ones
    assert set(found) == {0, 1, 2, 3, 4}
    assert found[0] == 0
    assert found[-1] == 4


@pytest.mark.parametrize("count", [1, 4, 12])
@pytest.mark.parametrize("size", [2, 5, 8])
def test_a_page_of_arrays_keeps_to_its_size(size, count):
    root = x = Tensor(np.random.default_rng(0).normal(size=(size, size)), requires_grad=True)
    for _ in range(count):
        root = root @ x
    root = root.sum()
    nodes = len(engine.toposort(root))
    assert len(step_through(root).html.encode()) <= 30_000 + 2_000 * nodes
