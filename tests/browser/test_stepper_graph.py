"""The stepper's picture, measured: what is in view, what overlaps, how wide edges are."""

import math

import pytest
from stepper import count, go, inside, opened, overlap, rectangles
from test_stepper_page import GRAPHS

import engine
import nn
from engine import Value, toposort
from viz import step_through, steps
from viz.drawing import flow_of
from viz.stepping.steps import BackwardStep

__all__ = ["opened"]
SIZES = [(1280, 800), (390, 844), (800, 680)]  # the last is a notebook's frame


def readme():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    y = engine.tanh(a * b + c) ** 2 + a * a
    y.label = "y"
    return y


def long_numbers():
    """Numbers of as many letters as there are, and names longer than boxes show."""
    a = Value(-1.2345e-300, label="a rather long name, for one number")
    b, c = Value(-1.2345e-8, label="b"), Value(-1.23456e200, label="重みと偏り")
    return a * b * c + a + Value(-1.2345e-308) * Value(-9.8765e-9)


def deep():
    """Neurons in layers: more than a window shows at a size that can be read."""
    model = nn.scalar.MLP(3, [4, 4, 1])
    return (model([1.0, -2.0, 0.5]) - 1) ** 2


def chain(n):
    """About n nodes in a row."""
    y = Value(0.3, label="x")
    for _ in range(n // 2):
        y = engine.sin(y) + y
    return y


ALL = {**GRAPHS, "readme": readme, "long": long_numbers, "deep": deep}


# --- what is in view ---


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("graph", ALL)
def test_the_whole_graph_is_in_view_at_first(opened, graph, size):
    page = opened(ALL[graph](), size)
    (view,) = rectangles(page, "#view")
    places = rectangles(page, ".node")
    assert places
    assert all(inside(place, view) for place in places)
    assert page.run("document.querySelector('#map').classList.contains('off')")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("graph", ["readme", "deep", "tensor"])
def test_the_active_edge_and_its_rows_are_in_view_at_every_step(opened, graph, size):
    root = ALL[graph]()
    page = opened(root, size)
    page.run("document.getElementById('all').open = true")
    records = iter(steps(root))
    last = count(page)[1]
    forward = sum(node.op is not None for node in toposort(root))
    for position in range(1, last + 1):
        go(page, position)
        (view,) = rectangles(page, "#view")
        (active,) = rectangles(page, ".node.to") or rectangles(page, ".node.now")
        assert inside(active, view), position
        if position != forward + 1:
            step = next(records)
            if isinstance(step, BackwardStep) and step.local is not None:
                (times,) = rectangles(page, "#times")
                assert inside(times, view), position
        for box, row in [("#list", "#gradients tr.on"), ("#all", "#all tr.on")]:
            for place in rectangles(page, row):
                left, top, right, bottom = rectangles(page, box)[0]
                tall = place[3] - place[1] > bottom - top - 40  # then its beginning is
                goal = place if not tall else [*place[:3], place[1]]
                assert inside(goal, [left, top, right, bottom]), (position, box)
        assert page.run("scrollY") == 0  # the page stays where it is


def test_both_ends_of_an_edge_are_in_view_where_there_is_room(opened):
    page = opened(readme())
    for position in range(9, 18):
        go(page, position)
        (view,) = rectangles(page, "#view")
        for place in rectangles(page, ".node.now, .node.to, path.hot"):
            assert inside(place, view, slack=5), position


def test_letters_can_be_read_where_the_graph_is_stepped_through(opened):
    page = opened(deep(), (390, 844))
    tall = "document.querySelector('.node .d').getBoundingClientRect().height"
    assert page.run(tall) < 8  # all of it is in view, to begin with
    go(page, 5)
    assert page.run(tall) > 10
    assert not page.run("document.querySelector('#map').classList.contains('off')")
    page.press("Home")
    assert page.run(tall) < 8


def test_the_map_shows_what_is_in_view_and_leads_there(opened):
    page = opened(chain(200))
    go(page, 60)
    part = "(({x, y, width, height}) => [x, y, width, height].map((n) => n.baseVal.value))"
    rectangle = f"{part}(document.querySelector('#map rect'))"
    x, _, width, _ = page.run(rectangle)
    left, _, right, _ = page.run(
        "(({left, right}) => [left, 0, right, 0])"
        "(document.querySelector('#view').getBoundingClientRect())"
    )
    origin = page.run("document.querySelector('svg.graph').getBoundingClientRect().left")
    scale = page.run(
        "document.querySelector('svg.graph').getBoundingClientRect().width / "
        "document.querySelector('svg.graph').viewBox.baseVal.width"
    )
    assert math.isclose(x, (left - origin) / scale, abs_tol=1)
    assert math.isclose(width, (right - left) / scale, abs_tol=1)
    (area,) = rectangles(page, "#map")
    page.click_at(area[2] - 3, (area[1] + area[3]) / 2)
    page.wait_for(f"{rectangle}[0] > {x + 5 * width}")


def test_a_graph_larger_than_the_window_is_dragged(opened):
    page = opened(deep())
    for _ in range(6):
        page.press("+")
    where = (
        "[document.querySelector('#view').scrollLeft, document.querySelector('#view').scrollTop]"
    )
    before, position = page.run(where), count(page)
    box = rectangles(page, ".node.result")[0]
    x, y = 400, 300
    move = {"type": "mouseMoved", "button": "left", "buttons": 1}
    page.call(
        "Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1
    )
    for i in range(1, 5):
        page.call("Input.dispatchMouseEvent", **move, x=x + 20 * i, y=y + 10 * i)
    page.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + 80, y=y + 40, button="left")
    after = page.run(where)
    assert [before[0] - after[0], before[1] - after[1]] == [80, 40]
    moved = rectangles(page, ".node.result")[0]
    assert [moved[0] - box[0], moved[1] - box[1]] == [80, 40]
    assert count(page) == position  # a drag is no click


# --- zoom ---


def scale_of(page):
    return page.run(
        "document.querySelector('svg.graph').getBoundingClientRect().width / "
        "document.querySelector('svg.graph').viewBox.baseVal.width"
    )


def test_buttons_and_keys_make_it_larger_and_smaller(opened):
    page = opened(readme())
    whole = scale_of(page)
    page.click("#in")
    assert math.isclose(scale_of(page), 1.25 * whole, rel_tol=1e-3)
    page.press("+")
    assert math.isclose(scale_of(page), 1.25**2 * whole, rel_tol=1e-3)
    page.press("-")
    page.click("#out")
    page.click("#out")
    assert math.isclose(scale_of(page), 0.8 * whole, rel_tol=1e-2)
    page.press("ArrowRight")  # what the reader chose stays
    assert math.isclose(scale_of(page), 0.8 * whole, rel_tol=1e-2)
    page.press("0")
    assert math.isclose(scale_of(page), whole, rel_tol=1e-3)
    page.click("#in")
    page.click("#fit")
    assert math.isclose(scale_of(page), whole, rel_tol=1e-3)


def test_the_wheel_with_control_zooms_around_the_pointer(opened):
    page = opened(deep())
    for _ in range(6):  # more than the window holds, so that it can move
        page.press("+")
    page.run("document.querySelector('.output').scrollIntoView({block: 'center'})")
    before = scale_of(page)
    (box,) = rectangles(page, ".output")
    x, y = box[0] + 10, box[1] + 10
    page.call(
        "Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-60, modifiers=2
    )
    (box,) = rectangles(page, ".output")
    factor = scale_of(page) / before
    assert factor > 1.05
    assert math.isclose(x - box[0], 10 * factor, abs_tol=2)
    assert math.isclose(y - box[1], 10 * factor, abs_tol=2)


def test_at_any_size_the_active_node_is_in_view(opened):
    page = opened(deep())
    for _ in range(8):
        page.press("+")
    for position in (3, 20, 40, 75):
        go(page, position)
        (view,) = rectangles(page, "#view")
        (active,) = rectangles(page, ".node.to") or rectangles(page, ".node.now")
        assert overlap(active, view), position


# --- boxes ---


@pytest.mark.parametrize("graph", ALL)
def test_no_text_of_a_box_prints_over_another_or_leaves_it(opened, graph):
    page = opened(ALL[graph]())
    measure = (
        "[...document.querySelectorAll('.node')].map((box) => ["
        "[...box.querySelectorAll(':scope > rect, :scope > path')].at(-1).getBBox(),"
        "...[...box.querySelectorAll('text')].map((text) => text.getBBox())]"
        ".map((b) => [b.x, b.y, b.x + b.width, b.y + b.height]))"
    )
    for position in range(count(page)[1] + 1):
        go(page, position)
        for frame, *texts in page.run(measure):
            assert all(inside(text, frame, slack=0) for text in texts), position
            for i, text in enumerate(texts):
                # lines are 16 pixels apart, and letters a bit taller than they look
                assert not any(overlap(text, other, slack=2) for other in texts[:i]), position


def test_boxes_do_not_overlap(opened):
    for make in ALL.values():
        page = opened(make())
        places = rectangles(page, ".node")
        for i, place in enumerate(places):
            assert not any(overlap(place, other) for other in places[:i])


# --- edges ---


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_are_as_wide_as_what_they_carried_and_show_its_sign(opened, page, scheme):
    root = readme()
    page = opened(root)
    page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.press("End")
    page.press("Home")
    passed = "document.querySelectorAll('svg.graph > .f0, svg.graph > .f1, .wide').length"
    assert page.run(passed) == 0
    page.press("End")
    records = [step for step in steps(root) if isinstance(step, BackwardStep)]
    largest = max(abs(step.contribution) for step in records)
    looks = {}
    for step in records[:-1]:  # the last is the active one
        edge = f"getComputedStyle(document.getElementById('e{step.place}_{step.index}'))"
        look = flow_of(step.contribution, largest)
        width, stroke, dash = page.run(
            f"[{edge}.strokeWidth, {edge}.stroke, {edge}.strokeDasharray]"
        )
        assert math.isclose(float(width.removesuffix("px")), look.width, abs_tol=0.051)
        assert (dash == "none") == (look.sign == "positive")
        looks.setdefault(look.sign, set()).add(stroke)
    assert set(looks) == {"positive", "negative"}
    assert all(len(strokes) == 1 for strokes in looks.values())
    assert looks["positive"] != looks["negative"]
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    assert page.run(passed) < len(records)


def test_nothing_carried_is_dotted_and_thin(opened):
    a, b = Value(2.0, label="a"), Value(0.0, label="b")
    page = opened(a * b + b)
    page.press("End")
    edge = "getComputedStyle(document.querySelector('.f3'))"
    assert page.run(f"[{edge}.strokeWidth, {edge}.strokeDasharray]") == ["0.8px", "1px, 4px"]


def test_what_an_edge_carries_is_said_where_it_is_drawn(opened):
    page = opened(readme())
    assert "as wide as log |contribution|" in page.text("footer")
    assert page.run("document.querySelector('footer').checkVisibility()")


def test_a_page_of_seventeen_steps_takes_at_most_31_kb():
    stepper = step_through(readme())
    assert len(list(steps(readme()))) + 1 == 17
    assert len(stepper.html.encode()) <= 31_000
