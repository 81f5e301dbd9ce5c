"""A training step as a story: forward, backward, update, in the stepper's page."""

import math

import pytest
from axe import violations
from stepper import started

import engine
from engine import Value
from viz import step_through


def loss(w=(-3.0, 1.0), b=6.5, x=(2.0, 0.5)):
    weights = [Value(v, label=f"w{i}") for i, v in enumerate(w)]
    inputs = [Value(v, label=f"x{i}", requires_grad=False) for i, v in enumerate(x)]
    bias = Value(b, label="b")
    total = weights[0] * inputs[0] + weights[1] * inputs[1] + bias
    return (engine.tanh(total) - 0.2) ** 2, [*weights, bias]


@pytest.fixture
def show(quiet, tmp_path):
    """Open the page of a graph; no complaint may come of it."""

    def opened(root, part="train"):
        page = started(quiet, step_through(root).save(tmp_path / "steps.html"))
        page.run(f"document.getElementById('{part}').open = true")
        page.wait_for(f"document.querySelector('#{part} [title]') !== null")
        return page

    return opened


def press(page, text):
    page.run(
        "[...document.querySelectorAll('#train button')]"
        f".find((button) => button.textContent === '{text}').click()"
    )


def lines(page):
    """Name, number and gradient of each leaf, to the last bit."""
    return page.run(
        "[...document.querySelectorAll('#train tbody tr')].map((r) => "
        "[r.cells[1].textContent, Number(r.cells[2].title), Number(r.cells[3].title)])"
    )


def test_a_step_is_the_engines(show):
    root, leaves = loss()
    page = show(root)
    page.run("document.querySelector('#train [type=number]').value = '0.3'")
    numbers = [leaf.data for leaf in leaves]
    for _ in range(5):
        press(page, "Step")
        root, leaves = loss(numbers[:2], numbers[2])
        root.backward()
        numbers = [leaf.data - 0.3 * leaf.grad for leaf in leaves]
        root, leaves = loss(numbers[:2], numbers[2])
        root.backward()
        for leaf, (name, x, gradient) in zip(leaves, lines(page), strict=True):
            assert name == leaf.label
            assert math.isclose(x, leaf.data, rel_tol=1e-12)
            assert math.isclose(gradient, leaf.grad, rel_tol=1e-12)
    assert page.text("#train p").startswith("Step 5. Forward: ")
    assert "L over 5 steps" in page.text("#train")


def test_a_leaf_that_is_not_ticked_keeps_its_number(show):
    root, _ = loss()
    page = show(root)
    page.click("#train tbody tr:nth-child(2) input")
    before = lines(page)
    press(page, "Step")
    after = lines(page)
    assert [a[1] != b[1] for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_run_goes_on_until_it_is_paused_and_reset_brings_all_back(show):
    root, _ = loss()
    page = show(root)
    whole = "document.body.innerHTML"
    press(page, "Step")  # a first time: empty attributes stay
    press(page, "Reset")
    before = page.run(whole)
    press(page, "Run")
    page.wait_for("/over [3-9] steps/.test(document.getElementById('train').textContent)")
    press(page, "Pause")
    stopped = page.text("#train p")
    page.run("new Promise((done) => setTimeout(done, 400))")
    assert page.text("#train p") == stopped
    press(page, "Reset")
    assert page.run(whole) == before


def test_training_stops_where_the_result_is_no_number(show):
    x = Value(2.0, label="x")
    page = show(x**4)
    page.run("document.querySelector('#train [type=number]').value = '1e200'")
    press(page, "Run")
    page.wait_for("document.getElementById('train').textContent.includes('smaller lr')")
    assert "Pause" not in page.text("#train")


def test_a_learning_rate_that_is_no_number_is_refused(show):
    root, _ = loss()
    page = show(root)
    page.run("document.querySelector('#train [type=number]').value = ''")
    press(page, "Step")
    assert page.text("#train p") == "lr must be a number."
    assert not page.run("document.documentElement.classList.contains('changed')")


def test_the_story_says_what_was_predicted_and_what_happened(show):
    x = Value(3.0, label="x")
    page = show(x * x)
    press(page, "Step")
    told = page.text("#train p")
    assert "Forward: L = 9. Backward: the gradients." in told
    assert "should change by −3.6, and changes by −3.24 to 5.76" in told


# --- hands, eyes and ears ---


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_open_parts_break_no_rule_of_accessibility(show, size, scheme):
    root, _ = loss()
    page = show(root)
    page.resize(*size)
    page.prefer(prefers_color_scheme=scheme)
    page.run("document.querySelectorAll('.part').forEach((part) => part.open = true)")
    assert violations(page) == []
    press(page, "Step")
    assert violations(page) == []


@pytest.mark.parametrize("part", ["ledger", "nudge", "train"])
def test_on_a_phone_nothing_is_wider_than_the_screen(show, part):
    root, _ = loss()
    page = show(root)
    page.resize(390, 844)
    press(page, "Step")
    page.run("document.querySelectorAll('.part').forEach((part) => part.open = true)")
    page.wait_for("document.querySelector('#nudge tbody tr') !== null")
    assert page.run("document.documentElement.scrollWidth") <= 390
    sides = page.run(
        f"[...document.querySelectorAll('#{part} *')].filter((e) => e.checkVisibility())"
        ".map((e) => e.getBoundingClientRect()).filter((b) => b.width)"
        ".map((b) => [b.left, b.right])"
    )
    assert all(left >= 0 and right <= 390 for left, right in sides)


def test_the_arrows_move_the_slider_of_a_leaf_not_the_steps(show):
    root, _ = loss()
    page = show(root, "nudge")
    page.run("document.querySelector('#nudge [type=range]').focus()")
    page.press("ArrowRight")
    assert page.run("document.querySelector('#nudge [type=range]').value") == "1"
    moved = page.run("document.querySelector('#nudge [type=number]').value")
    assert moved == "-2.95"
    assert page.run("document.getElementById('n1').classList.contains('moved')") or page.run(
        "document.getElementById('n0').classList.contains('moved')"
    )


def test_a_tap_lights_a_path(show):
    root, _ = loss()
    page = show(root, "ledger")
    page.run("document.querySelector('#ledger li button').scrollIntoView()")
    x, y = page.run(
        "(() => { const b = document.querySelector('#ledger li button').getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2] })()"
    )
    page.call("Emulation.setTouchEmulationEnabled", enabled=True)
    page.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    page.wait_for("document.querySelector('svg.graph .path') !== null")
