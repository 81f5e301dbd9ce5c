"""The stepper's page in a real browser: what it shows, and how it is driven."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from devtools import PageError
from layout import contrast
from stepper import started

import engine
import nn
from engine import Tensor, Value, toposort
from engine.showing import brief
from viz import step_through, steps
from viz.stepping.page import short
from viz.stepping.rule_source import rule_mathml
from viz.stepping.steps import BackwardStep

HOSTILE = "</script><b onclick=x()>&amp;\n λ日本😀 $data <!-- \ud800"


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    d = a * b
    d.label = "d"
    return engine.tanh(d + c) * a


def network():
    x = Tensor(np.round(np.sin(np.arange(12.0)).reshape(4, 3), 1), label="x")
    model = nn.MLP([3, 2, 1], rng=0)
    for name, parameter in model.named_parameters():
        parameter.label = name
    return ((model(x) - 1) ** 2).mean()


def neurons():
    model = nn.scalar.MLP(2, [3, 1])
    return (model([1.0, -2.0]) - 1) ** 2


GRAPHS = {"value": expression, "tensor": network, "neurons": neurons}


@pytest.fixture
def show(quiet, tmp_path):
    """Open the page of a graph; no complaint and no request may come of it."""

    def opened(root, **options):
        return started(quiet, step_through(root, **options).save(tmp_path / "steps.html"))

    return opened


def position(page):
    return int(page.run("document.getElementById('slider').value"))


def listed(page):
    """Name and gradient of each line of the list."""
    return page.run(
        "[...document.querySelectorAll('#gradients tbody tr')].map((r) => "
        "[r.cells[0].textContent, r.cells[2].textContent])"
    )


def boxed(page):
    """The gradient in each box of the graph."""
    return page.run(
        "[...document.querySelectorAll('.node:not(.constant) .g')].map((t) => t.textContent)"
    )


def equation(page):
    return page.run(
        "[...document.querySelectorAll('#equation div')].map((d) => d.textContent.trim())"
    )


def visible(page, selector):
    return page.run(
        f"document.querySelector({json.dumps(selector)})"
        ".checkVisibility({opacityProperty: true, visibilityProperty: true})"
    )


# --- what it shows ---


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_numbers_at_the_last_step_are_the_gradients(show, graph):
    root = GRAPHS[graph]()
    page = show(root)
    page.press("End")
    root.backward(retain_grads=True)
    order = toposort(root)
    names = next(iter(steps(root))).names
    expected = {names(node): node.grad for node in order if node.requires_grad}
    shown = {name: text for name, text in listed(page) if text != "none"}
    assert shown == {name: brief(grad) for name, grad in expected.items()}
    in_boxes = [short(n.grad) if n.requires_grad else "none" for n in order]
    assert boxed(page) == in_boxes


def test_every_step_shows_its_record(show):
    root = expression()
    page = show(root)
    running = {}
    rows = list(steps(root))
    page.press("Home")
    assert set(boxed(page)) == {"·"}
    for i, step in enumerate(rows):
        page.press("ArrowRight")
        if isinstance(step, BackwardStep):
            if not running:  # where backward begins, a step of its own
                assert equation(page) == ["∂L/∂L = 1"]
                running["L"] = 1.0
                page.press("ArrowRight")
            running[step.names(step.input)] = step.after
            assert page.text("#rule code") == step.rule
            written = ElementTree.fromstring(rule_mathml(step.node, step.index))
            assert page.text("#rule math") == "".join(written.itertext())
            assert page.text("#rule p") == f"here: {step.formula}"
            assert brief(step.after) in page.text("#running")
            assert page.run("document.querySelector('path.hot').id") == (
                f"e{step.place}_{step.index}"
            )
            assert page.run("document.querySelector('.node.now').id") == f"n{step.place}"
            assert page.run("document.querySelector('.node.to').id") == f"n{step.input_place}"
        assert equation(page)[0] == step.parts[0] or equation(page)[0].startswith(step.parts[0])
        assert " ".join(equation(page)) == step.equation
        shown = dict(listed(page))
        assert {n: t for n, t in shown.items() if t} == {n: brief(g) for n, g in running.items()}
        assert position(page) == i + 1 + bool(running)


def test_arrows_point_the_way_the_gradient_flows(show):
    page = show(expression())
    marker = "getComputedStyle(document.querySelector('svg.graph > path'))"
    page.press("ArrowRight")
    assert page.run(f"{marker}.markerEnd") != "none"
    assert page.run(f"{marker}.markerStart") == "none"
    page.press("End")
    assert page.run(f"{marker}.markerEnd") == "none"
    assert page.run(f"{marker}.markerStart") != "none"


def test_the_local_derivative_stands_on_the_edge(show):
    root = expression()
    page = show(root)
    last = list(steps(root))[-1]
    page.press("End")
    assert page.text("#times") == f"× {brief(last.local)}"
    page.press("Home")
    assert page.run("document.getElementById('times')") is None


def test_a_hostile_label_is_shown_as_text(show):
    x = Value(2.0, label=HOSTILE)
    page = show(x * x)
    assert page.run("document.querySelectorAll('script').length") == 1
    assert page.run("document.querySelectorAll('[onclick]').length") == 0
    title = page.run("document.querySelector('#gradients td').title")
    assert title.encode("utf-16", "surrogatepass") == HOSTILE.encode("utf-16", "surrogatepass")


def test_a_tensor_step_shows_the_shapes(show):
    page = show(network())
    page.press("ArrowRight")
    assert page.text("#shapes") == (
        "shapes: x (4, 3), layers.0.weight (2, 3), layers.0.bias (2,) → n3 (4, 2)"
    )
    page.press("End")
    page.press("ArrowLeft")
    assert page.text("#shapes") == (
        "shapes: ∂L/∂n3 (4, 2), x (4, 3), layers.0.weight (2, 3), layers.0.bias (2,) → "
        "∂L/∂layers.0.weight (2, 3)"
    )


# --- how it is driven ---


def test_keys(show):
    page = show(expression())
    last = int(page.run("document.getElementById('slider').max"))
    assert position(page) == 0
    for key, expected in [
        ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0), ("ArrowLeft", 0),
        ("End", last), ("ArrowRight", last), ("ArrowLeft", last - 1),
    ]:  # fmt: skip
        page.press(key)
        assert position(page) == expected
        assert page.text("#count") == f"{expected} / {last}"


def test_buttons(show):
    page = show(expression())
    last = int(page.run("document.getElementById('slider').max"))
    for button, expected in [("next", 1), ("next", 2), ("previous", 1), ("last", last)]:
        page.click(f"#{button}")
        assert position(page) == expected
    assert page.run("document.getElementById('next').disabled")
    page.click("#first")
    assert position(page) == 0
    assert page.run("document.getElementById('previous').disabled")


def test_the_slider_is_dragged_and_moved_by_keys(show):
    page = show(expression())
    x, y, width = page.run(
        "(() => { const b = document.getElementById('slider').getBoundingClientRect();"
        "return [b.x, b.y + b.height / 2, b.width] })()"
    )
    page.click_at(x + width / 2, y)
    assert position(page) == 6
    assert page.run("document.activeElement.id") == "slider"
    page.press("ArrowRight")  # once, not twice
    assert position(page) == 7
    assert equation(page) != []
    page.press("End")
    assert page.text("#count") == "12 / 12"


def test_play_goes_on_to_the_end_and_stops(show):
    page = show(expression())
    page.press("End")
    for _ in range(2):
        page.press("ArrowLeft")
    page.press(" ")
    assert page.text("#play span") == "Pause"
    page.wait_for("document.getElementById('slider').value === '12'")
    page.wait_for("document.querySelector('#play span').textContent === 'Play'")


def test_pause_and_any_key_stop_playing(show):
    page = show(expression())
    page.click("#play")
    page.wait_for("document.getElementById('slider').value === '1'")
    page.click("#play")
    assert page.text("#play span") == "Play"
    page.click("#play")
    page.press("Home")
    assert page.text("#play span") == "Play"
    assert position(page) == 0


def test_the_keyboard_reaches_everything_and_focus_is_seen(show):
    page = show(network())
    page.press("End")
    reached = []
    for _ in range(20):
        page.press("Tab")
        name = page.run("document.activeElement.id || document.activeElement.tagName")
        if name in reached or name == "BODY":
            break
        outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
        width = page.run("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert (outline, width >= 2) == ("solid", True) or name == "graph", name
        reached.append(name)
    # at the end the way back is open, the way on is not
    assert reached[:4] == ["first", "previous", "play", "slider"]
    assert "BUTTON" in reached  # an element of the array
    assert "SUMMARY" in reached  # the table


def test_a_row_and_a_node_lead_to_their_step(show):
    page = show(expression())
    page.click("#all summary")
    page.click("#all tbody tr:nth-child(3)")
    assert position(page) == 3
    page.click("#all summary")
    page.press("Home")
    page.click("#n2")  # d: computed in the first step
    assert position(page) == 1
    page.click("#n2")  # and given its gradient later
    assert equation(page)[0].startswith("∂L/∂d += ")


def test_elements_of_an_array_are_chosen_by_mouse_and_keys(show):
    root = network()
    page = show(root)
    page.press("End")
    while "layers.0.weight +=" not in equation(page)[0]:
        page.press("ArrowLeft")
    assert page.run("document.querySelectorAll('#grid button').length") == 6
    page.click("#grid button:nth-child(2)")
    assert page.text("#element").startswith("∂L/∂layers.0.weight[0,1] += ")
    page.press("ArrowDown")
    assert page.text("#element").startswith("∂L/∂layers.0.weight[1,1] += ")
    page.press("ArrowLeft")
    assert page.text("#element").startswith("∂L/∂layers.0.weight[1,0] += ")
    assert page.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    root.backward()
    weight = next(n for n in toposort(root) if n.label == "layers.0.weight")
    shown = page.run("[...document.querySelectorAll('#grid button')].map((b) => b.textContent)")
    assert shown == [short(x) for x in weight.grad.ravel()]


# --- for everybody ---


def test_what_a_screen_reader_is_told(show):
    page = show(expression())
    slider = "document.getElementById('slider')"
    assert page.run(f"{slider}.getAttribute('aria-valuetext')") == (
        "step 0 of 12. Start: nothing is computed yet."
    )
    page.press("ArrowRight")
    assert page.text("#say") == "Step 1 of 12. Forward: d = a × b = 2 × −3 = −6"
    page.press("End")
    told = (
        "Backward: the gradient of b changes from 0 to 0.0053638. "
        "∂L/∂b += ∂L/∂d · ∂(a × b)/∂b = 0.0026819 × 2 = 0.0053638"
    )
    assert page.text("#say") == f"Step 12 of 12. {told}"
    assert page.run(f"{slider}.getAttribute('aria-valuetext')") == f"step 12 of 12. {told}"
    assert page.run("document.getElementById('say').getAttribute('aria-live')") == "polite"
    names = page.run(
        "[...document.querySelectorAll('#controls button')]"
        ".map((b) => b.getAttribute('aria-label') || b.textContent)"
    )
    assert names == [
        "to the start", "one step back", "Play", "one step on", "to the end", "over this op",
        "over this layer",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_legible(show, page, scheme):
    page.prefer(prefers_color_scheme=scheme)
    show(expression())
    page.press("End")
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 29)"}[scheme]
    for selector in ["#equation", "#equation i", "#equation b", "#phase", "#running", "#count"]:
        ink = page.run(f"getComputedStyle(document.querySelector('{selector}')).color")
        assert contrast(ink, ground) >= 4.5, selector
    for selector in [".node .t", ".node .g", ".node .r", ".node.to .g"]:
        ink = page.run(f"getComputedStyle(document.querySelector('{selector}')).fill")
        assert contrast(ink, ground) >= 4.5, selector
    ground = page.run("getComputedStyle(document.querySelector('svg.graph')).backgroundColor")
    assert ground == page.run("getComputedStyle(document.body).backgroundColor")


def test_reduced_motion_stills_everything(show, page):
    show(expression())
    page.press("End")
    moving = "document.getAnimations().filter((a) => a.playState === 'running').length"
    assert page.run(moving) == 1  # the dashes flow along the edge
    page.prefer(prefers_reduced_motion="reduce")
    assert page.run(moving) == 0


def test_forced_colours_are_obeyed(show, page):
    page.prefer(forced_colors="active")
    show(expression())
    page.press("End")
    canvas = page.run(
        "(() => { const e = document.body.appendChild(document.createElement('p'));"
        "e.style.color = 'CanvasText'; e.style.backgroundColor = 'Canvas';"
        "const s = getComputedStyle(e); return [s.color, s.backgroundColor] })()"
    )
    assert page.run("getComputedStyle(document.querySelector('.node .t')).fill") == canvas[0]
    assert (
        page.run("getComputedStyle(document.querySelector('svg.graph')).backgroundColor")
        == canvas[1]
    )
    # upstream and local derivative are told apart without colour
    assert "underline" in page.run(
        "getComputedStyle(document.querySelector('#equation i')).textDecorationLine"
    )


def test_without_scripts_the_picture_and_the_table_remain(page, tmp_path):
    root = expression()
    page.scripts(enabled=False)
    page.open(step_through(root).save(tmp_path / "steps.html"))
    page.scripts(enabled=True)  # for the questions below; the page's own did not run
    assert not page.run("document.documentElement.classList.contains('js')")
    assert not page.run("document.querySelector('#controls, #panel, #tools')")
    assert visible(page, "svg.graph")
    assert visible(page, "#all tbody tr:last-child")
    root.backward()
    assert boxed(page) == [brief(node.grad) for node in toposort(root)]


# --- every size ---


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("graph", GRAPHS)
def test_it_fits_the_window(show, page, size, graph):
    """Nothing is cut off at the sides; the equation and the active nodes are in view."""
    page.resize(*size)
    page.prefer(prefers_reduced_motion="reduce")  # scrolling is done at once
    show(GRAPHS[graph]())
    last = int(page.run("document.getElementById('slider').max"))
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    for _ in range(last):
        page.press("ArrowRight")
        inside = page.run(
            "(() => { const room = document.getElementById('graph').getBoundingClientRect();"
            "const e = document.querySelector('.node.to') || document.querySelector('.node.now');"
            "const b = e.getBoundingClientRect(); return b.left >= room.left - 1 && "
            "b.right <= room.right + 1 && b.top >= room.top - 1 && b.bottom <= room.bottom + 1 })()"
        )
        assert inside, position(page)
        bottom = page.run("document.getElementById('equation').getBoundingClientRect().bottom")
        assert bottom <= size[1]
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    shot = page.screenshot()
    assert shot.startswith(b"\x89PNG")
    assert len(shot) > 10_000  # not a blank page


def test_a_graph_of_four_hundred_nodes(show):
    root = x = Value(0.5, label="x")
    for _ in range(199):
        root = engine.tanh(root) * x
    page = show(root)
    page.press("End")
    root.backward()
    assert page.text("#count") == "996 / 996"
    assert dict(listed(page))["x"] == brief(x.grad)


def test_a_page_that_throws_is_noticed(page, tmp_path):
    """The tests above would see it: this is how a complaint looks."""
    file = tmp_path / "bad.html"
    file.write_text("<script>console.error('oh'); fetch('http://127.0.0.1:9/x'); no()</script>")
    page.open(file)
    page.wait_for("true")
    assert any("oh" in c for c in page.complaints())
    assert any("no is not defined" in c for c in page.complaints())
    assert page.requests() == ["http://127.0.0.1:9/x"]
    with pytest.raises(PageError, match="nothing"):
        page.run("nothing")


def test_a_rule_of_arrays_is_mathematics_and_its_source(show):
    page = show((Tensor([[1.0, 2.0]], requires_grad=True, label="x") @ [[3.0], [4.0]]).sum())
    page.press("End")
    assert page.run("document.querySelector('#rule math') !== null")
    assert (
        page.text("#rule code")
        == [*steps(Tensor([[1.0, 2.0]], requires_grad=True) @ [[3.0], [4.0]])][-1].rule
    )


def test_a_formula_is_set_as_mathematics(show):
    x = Value(3.0, label="x")
    page = show(x / 2)
    page.press("End")
    box = "document.querySelector('#rule mfrac').getBoundingClientRect()"
    parts = [
        f"document.querySelectorAll('#rule mfrac > *')[{i}].getBoundingClientRect()" for i in (0, 1)
    ]
    assert page.run(f"{parts[0]}.bottom <= {parts[1]}.top && {box}.height > 0")


def test_every_op_of_values_shows_what_runs_as_written_from_its_row(show):
    page = show(expression())
    assert page.run("document.getElementById('written').hidden")
    halves = {"Forward": 0, "Backward": 1}
    seen = set()
    for _ in range(int(page.run("document.getElementById('slider').max"))):
        page.press("ArrowRight")
        phase, _, what = page.text("#phase").partition(" · ")
        hidden = page.run("document.getElementById('written').hidden")
        assert hidden == (not what)  # where backward begins, nothing of a row runs
        if not hidden:
            name = what.removeprefix("through ").split()[0]
            source = engine.registry[name].source.rstrip().split("\n\n")
            assert page.text("#written code") == source[halves[phase]]
            seen.add((phase, name))
    assert seen == {(phase, op) for phase in halves for op in ("mul", "add", "tanh")}


def test_ops_of_arrays_have_no_text_written_for_values(show):
    page = show((Tensor([1.0, 2.0], requires_grad=True) * 3).sum())
    page.press("End")
    assert page.run("document.getElementById('written').hidden")
