"""Where the stepper's boxes and edges stand: of large graphs, in seconds; far edges straight."""

import re
import xml.etree.ElementTree as ET

import pytest

from engine import Value, tanh, toposort
from engine.showing import Names
from viz import step_through
from viz.stepping.far_edges import far_edges
from viz.stepping.routes import flows

SVG = "{http://www.w3.org/2000/svg}"


def used_all_along(n):
    """A chain whose every link takes the same leaf again."""
    y = x = Value(0.5, label="x")
    for _ in range(n):
        y = tanh(y) * x
    return y


def drawn(root, **options):
    """Each box as left, top, right, bottom; and where each edge begins and ends."""
    page = step_through(root, **options).html
    svg = ET.fromstring(page[page.index("<svg xmlns") : page.index("</svg></section>") + 6])
    boxes = {}
    for group in svg.iter(f"{SVG}g"):
        left, top = map(int, re.findall(r"\d+", group.get("transform", "")))
        frame = [part for part in group if part.tag in (f"{SVG}rect", f"{SVG}path")][-1]
        size = frame.get("width"), frame.get("height")
        if frame.tag == f"{SVG}path":
            size = re.findall(r"\d+", frame.get("d", ""))[3], 62
        boxes[group.get("id")] = (left, top, left + int(size[0]), top + int(size[1]))
    edges = {}
    for path in svg.findall(f"{SVG}path"):
        numbers = list(map(float, re.findall(r"-?\d+", path.get("d", ""))))
        edges[path.get("id")] = numbers[:2], numbers[-2:]
    return boxes, edges


def touches(point, box):
    return (
        box[0] - 4 <= point[0] <= box[2] + 4 and box[1] - 4 <= point[1] <= box[3] + 4
    )  # fmt: skip


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("n", [20, 130])
def test_every_edge_leads_from_its_input_to_its_node(n, direction):
    root = used_all_along(n)
    order = toposort(root)
    boxes, edges = drawn(root, direction=direction)
    place = {id(node): i for i, node in enumerate(order)}
    assert len(edges) == sum(len(node.inputs) for node in order)
    for i, node in enumerate(order):
        for k, x in enumerate(node.inputs):
            begin, end = edges[f"e{i}_{k}"]
            assert touches(begin, boxes[f"n{place[id(x)]}"])
            assert touches(end, boxes[f"n{i}"])


def test_far_edges_do_not_spread_a_large_graph():
    """Led around the boxes, they made this one 250 boxes tall."""
    boxes, _ = drawn(used_all_along(130))
    tops = [box[1] for box in boxes.values()]
    assert max(tops) - min(tops) < 12 * 62


def test_what_is_made_of_a_leaf_stands_beside_its_use():
    """Beside the leaf, each tanh had an edge over all columns, and no picture came in 30 s."""
    leaves = [Value(0.5, label=f"w{i}") for i in range(160)]
    total = sum(leaves[1:], leaves[0])
    for leaf in leaves:
        total = total + tanh(leaf)
    order = toposort(total)
    far = far_edges(order, Names(order))
    assert {(order[i].op.name, k) for i, k in far} == {("tanh", 0)}
    assert len(far) > 140


def test_boxes_are_as_wide_as_the_widest_number_they_come_to_show():
    a, tiny = Value(2.0, label="a"), Value(-1.23456e-30, label="b")
    short, _ = drawn(a * Value(3.0, label="b") + a)
    root = a * Value(1.0, label="c") + a * tiny  # a's gradient is 1 in the end, and −1.23e−30 once
    long, _ = drawn(root)
    running = [step.after for step in step_through(root).steps if getattr(step, "input", 0) is a]
    assert running == [tiny.data, 1.0]
    assert long["n0"][2] - long["n0"][0] > 1.2 * (short["n0"][2] - short["n0"][0])


def test_an_edge_that_carries_nan_is_an_alarm_and_does_not_set_the_scale():
    a = Value(float("inf"), label="a")
    b = Value(0.5, label="b")
    found = flows(step_through(a * 0 + b).steps)
    signs = {flow // 100 for flow in found.values()}
    assert 0 in signs  # b gets 1, as wide as can be
    assert max(flow % 100 for flow in found.values()) == 80
    found = flows(step_through(a * b).steps)  # b gets inf
    assert {flow // 100 for flow in found.values()} == {0, 4}
