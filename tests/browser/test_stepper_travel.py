"""Ways through the stepper beside single steps: ops, layers, names, speeds, links; and on paper."""

import base64
import time

import pytest
from stepper import count, go, opened, rectangles
from test_stepper_graph import chain, deep, readme

import engine
import nn
from engine import Tensor, Value, toposort
from viz import steps
from viz.drawing import RenderError
from viz.stepping.steps import BackwardStep

__all__ = ["opened"]


def network():
    x = Tensor([[0.5, -1.0]], label="x")
    model = nn.MLP([2, 3, 1], rng=0)
    for name, parameter in model.named_parameters():
        parameter.label = name
    return (model(x) ** 2).mean()


def note(page):
    return page.text("#note")


# --- over an op, over a layer ---


def test_shift_and_an_arrow_go_over_all_edges_of_an_op(opened):
    root = readme()
    page = opened(root)
    places = [None, *(step.place for step in steps(root))]
    forward = sum(not isinstance(step, BackwardStep) for step in steps(root))
    places.insert(forward + 1, None)  # where backward begins
    last = count(page)[1]
    page.press("ArrowRight", shift=True)
    assert count(page)[0] == 1  # an op of the forward pass is one step
    go(page, forward + 1)
    stops = []
    while count(page)[0] < last:
        page.press("ArrowRight", shift=True)
        stops.append(count(page)[0])
    assert stops == [
        i for i in range(forward + 2, last + 1) if i == last or places[i] != places[i + 1]
    ]
    for stop in reversed(stops[:-1]):
        page.press("ArrowLeft", shift=True)
        assert count(page)[0] == stop
    page.click("#op")
    assert count(page)[0] == stops[1]
    assert page.run("document.getElementById('layer').checkVisibility()") is False


def test_page_keys_go_over_a_layer(opened):
    root = network()
    page = opened(root)
    order = toposort(root)
    names = next(iter(steps(root))).names
    of = ["layers.0" if "layers.0" in names(n) or any("layers.0" in names(x) for x in n.inputs
          if isinstance(x, Tensor)) else "" for n in order]  # fmt: skip
    assert "layers.0" in of
    page.press("PageDown")
    first = count(page)[0]
    assert page.text("#equation").startswith("n3 = linear(x, layers.0.weight")
    page.press("End")
    page.press("PageUp")
    assert count(page)[0] < count(page)[1] - 1
    before = count(page)[0]
    page.click("#layer")
    assert count(page)[0] == count(page)[1]
    assert first < before


# --- by name ---


def type_in(page, text):
    page.run(f"document.getElementById('jump').value = {text!r}")
    page.run("document.getElementById('jump').dispatchEvent(new Event('change'))")


def test_a_name_leads_to_where_its_gradient_is_complete(opened):
    page = opened(readme())
    page.press("/")
    assert page.run("document.activeElement.id") == "jump"
    type_in(page, "a")
    assert "complete" in page.text("#running")
    assert page.text("#equation").startswith("∂y/∂a += ")
    shown = page.run("[...document.querySelectorAll('#places option')].map((o) => o.value)")
    assert {"a", "b", "c", "y"} < set(shown)
    type_in(page, "N5")  # its beginning does, and capitals do not matter
    assert page.text("#equation").startswith("∂y/∂n5 += ")
    position = count(page)
    type_in(page, "nobody")
    assert note(page) == "No node is called nobody."
    assert count(page) == position
    page.run("document.activeElement.blur()")
    page.press("Home")
    assert note(page) == ""


def test_keys_in_a_field_are_the_fields_own(opened):
    page = opened(readme())
    page.press("/")
    for key in ("ArrowRight", "End", "+", " "):
        page.press(key)
    assert count(page)[0] == 0
    assert page.run("document.getElementById('jump').value") == "+ "


def test_what_gets_no_gradient_is_said(opened):
    x = Value(2.0, label="x", requires_grad=False)
    page = opened(x * Value(3.0, label="w"))
    type_in(page, "x")
    assert note(page) == "No gradient goes to x."


# --- speed ---


def test_speed_is_chosen_by_select_and_keys(opened):
    page = opened(chain(200))
    chosen = "document.getElementById('speed').value"
    assert page.run(chosen) == "1"
    for _ in range(3):
        page.press(">")
    assert page.run(chosen) == "4"
    page.press(" ")
    began = time.monotonic()
    page.wait_for("document.getElementById('slider').value >= 4")
    assert page.text("#play span") == "Pause"
    page.press("<")
    assert page.run(chosen) == "2"
    assert page.text("#play span") == "Pause"  # it goes on, at the new speed
    assert time.monotonic() - began < 20
    page.press(" ")
    assert page.text("#play span") == "Play"


# --- a link to a step ---


def address(page):
    return page.run("location.hash")


def test_the_address_follows_the_step_and_leads_to_it(opened, page, tmp_path):
    page = opened(readme())
    go(page, 11)
    page.wait_for("location.hash === '#step=11'")
    page.run("location.hash = '#step=4'")
    page.wait_for("document.getElementById('count').textContent === '4 / 17'")
    file = tmp_path / "steps.html"
    page.open("about:blank")
    page.open(file.resolve().as_uri() + "#step=13")
    page.wait_for("document.documentElement.classList.contains('js')")
    assert count(page) == [13, 17]
    assert page.text("#equation") != ""


@pytest.mark.parametrize("bad", ["18", "-1", "abc", "1e1", "", "4.5", "%3Cb%3E"])
def test_a_link_to_no_step_is_said_and_ignored(opened, bad):
    page = opened(readme())
    go(page, 3)
    page.wait_for("location.hash === '#step=3'")
    page.run(f"location.hash = '#step={bad}'")
    page.wait_for("document.getElementById('note').textContent !== ''")
    assert note(page) == f"There is no step {bad}: the steps are 0 to 17."
    assert count(page) == [3, 17]


def test_another_anchor_is_left_alone(opened):
    page = opened(readme())
    page.run("location.hash = '#all'")
    assert note(page) == ""
    assert count(page)[0] == 0


# --- fingers ---


def touch(page, kind, *points):
    page.call(
        "Input.dispatchTouchEvent",
        type=kind, touchPoints=[{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)],
    )  # fmt: skip


def scale_of(page):
    return page.run(
        "document.querySelector('svg.graph').getBoundingClientRect().width / "
        "document.querySelector('svg.graph').viewBox.baseVal.width"
    )


@pytest.fixture
def fingers(page):
    page.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)


@pytest.mark.usefixtures("fingers")
def test_two_fingers_make_it_larger(opened):
    page = opened(deep(), (390, 844))
    before = scale_of(page)
    x, y = 195, 300
    touch(page, "touchStart", (x - 20, y), (x + 20, y))
    for apart in (30, 40, 60):
        touch(page, "touchMove", (x - apart, y), (x + apart, y))
    touch(page, "touchEnd")
    assert scale_of(page) == pytest.approx(3 * before, rel=0.02)
    assert page.run("visualViewport.scale") == 1  # the page itself stays as it is


@pytest.mark.usefixtures("fingers")
def test_a_finger_moves_the_picture_and_a_tap_chooses(opened):
    page = opened(deep(), (390, 844))
    go(page, 20)
    left = "document.getElementById('view').scrollLeft"
    before = page.run(left)
    page.call(
        "Input.synthesizeScrollGesture", x=200, y=300, xDistance=90, yDistance=0, preventFling=True
    )
    assert page.run(left) == pytest.approx(before - 90, abs=20)
    box = next(b for b in rectangles(page, ".node") if 0 < b[0] < 250 and 200 < b[1] < 400)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    touch(page, "touchStart", (x, y))
    touch(page, "touchEnd")
    page.wait_for("document.getElementById('count').textContent.split(' ')[0] !== '20'")


@pytest.mark.usefixtures("fingers")
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_what_is_tapped_is_large_enough(opened, size):
    page = opened(readme(), size)
    for left, top, right, bottom in rectangles(
        page, "#controls :is(button, select, input), #tools :is(button, input), summary"
    ):
        if right > left:  # shown
            assert bottom - top >= 16
            assert right - left >= 24
    for left, top, right, bottom in rectangles(page, "button, select, summary, #jump"):
        assert right == left or min(right - left, bottom - top) >= 24


# --- on paper ---


def test_all_of_it_is_printed(opened):
    page = opened(readme())
    go(page, 11)
    page.call("Emulation.setEmulatedMedia", media="print")
    page.run("dispatchEvent(new Event('beforeprint'))")
    rows = rectangles(page, "#all tbody tr")
    assert len(rows) == 17
    assert all(bottom > top for _, top, _, bottom in rows)
    assert page.run("document.querySelector('#all').scrollHeight <= "
                    "document.querySelector('#all').clientHeight + 1")  # fmt: skip
    (graph,) = rectangles(page, "svg.graph")
    assert graph[2] <= 1280
    for selector, shown in [("#equation", True), ("#list", True), ("#controls", False),
                            ("#tools", False)]:  # fmt: skip
        assert page.run(f"document.querySelector('{selector}').checkVisibility()") is shown
    page.run("dispatchEvent(new Event('afterprint'))")
    assert not page.run("document.getElementById('all').open")
    pdf = base64.b64decode(page.call("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF")


def test_dark_screens_print_on_white(opened, page):
    page.prefer(prefers_color_scheme="dark")
    page = opened(engine.tanh(Value(0.5, label="a")) * 2)
    page.call("Emulation.setEmulatedMedia", media="print", features=[
        {"name": "prefers-color-scheme", "value": "dark"}])  # fmt: skip
    white = "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.body).backgroundColor") == white
    assert (
        page.run("getComputedStyle(document.querySelector('svg.graph')).backgroundColor") == white
    )


def test_a_page_without_a_picture_still_steps(opened, monkeypatch):
    monkeypatch.setattr("viz.stepping.stepper.arrange", _no_graphviz)
    page = opened(readme())
    assert "no Graphviz" in page.text("#view")
    for key in ("ArrowRight", "+", "0", "End"):
        page.press(key)
    assert count(page) == [17, 17]


def _no_graphviz(*_):
    raise RenderError("there is no Graphviz")
