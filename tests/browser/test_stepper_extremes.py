"""The stepper's page where numbers are very long, large or nan, and graphs very long."""

import math

import pytest
from stepper import opened
from test_stepper_numbers import nudge

from engine import Value
from nn.scalar.neuron import linear_neuron

__all__ = ["opened"]


def chain(length):
    y = Value(0.5, label="x")
    for _ in range(length):
        y = y.sin()
    return y


@pytest.mark.parametrize("x", [1e308, -1e200, 1e-300, math.inf, math.nan])
def test_a_leaf_of_any_size_is_nudged_without_complaint(opened, x):
    a, b = Value(x, label="a"), Value(0.5, label="b")
    page = opened((a * b - a) * a)
    page.run("document.querySelectorAll('.part').forEach((part) => part.open = true)")
    nudge(page, "b", 2e200)
    nudge(page, "a", -1e308)
    places = page.run(
        "[...document.querySelectorAll('.plot polyline')].map((l) => l.points.length)"
    )
    assert len(places) in (0, 2)


def test_what_is_nan_and_stays_nan_changes_by_nothing(opened):
    a, b = Value(math.nan, label="a"), Value(0.5, label="b")
    page = opened(a + b)
    page.run("document.querySelector('#nudge').open = true")
    nudge(page, "b", 0.75)
    assert "really it changes by 0." in page.text("#nudge [aria-live]")
    body = (
        "[...document.querySelectorAll('#nudge tbody tr')].map((row) => row.cells[3].textContent)"
    )
    assert page.run(body) == ["+0.25", "0"]


def test_a_longer_number_can_be_read_in_its_box_after_a_nudge(opened):
    a, b = Value(2.0, label="a"), Value(1.0, label="b")
    page = opened(a * b)
    page.run("document.querySelector('#nudge').open = true")
    nudge(page, "a", -0.1234)
    sizes = page.run("[...document.querySelectorAll('.moved .d')].map((e) => e.style.fontSize)")
    assert sizes == ["11.5px", "11.5px"]


def test_no_number_of_the_list_is_broken(opened):
    a, b = Value(-1.23456e-300, label="a"), Value(-1.0, label="layers.0.weight")
    page = opened(a * b * -1.0)
    for width in (1280, 390):
        page.resize(width, 800)
        page.press("End")
        cells = "[...document.querySelectorAll('#gradients td')].map((cell) => cell.clientHeight)"
        assert len(set(page.run(cells))) == 1


def test_a_long_graph_is_seen_when_all_of_it_is_shown(opened):
    page = opened(chain(200))
    line = "getComputedStyle(document.querySelector('#e1_0')).vectorEffect"
    assert page.run(line) == "non-scaling-stroke"
    page.press("ArrowRight")  # now it is followed, and large enough to read
    assert page.run(line) == "none"


def test_of_a_very_long_line_dashes_are_long_too(opened):
    """Of 300 such lines each frame took a second."""
    y = x = Value(0.0, label="x")
    for _ in range(130):
        y = y.sin() * x
    page = opened(y)
    page.press("End")
    lines = "[...document.querySelectorAll('svg.graph > path')]"
    dashes = f"{lines}.map((line) => line.pathLength.baseVal || line.getTotalLength())"
    assert page.run(f"Math.max(...{dashes})") < 4001
    assert page.run(f"Math.max(...{lines}.map((line) => line.getTotalLength()))") > 10_000


def test_the_words_below_the_slider_are_whole(opened):
    leaves = [Value(float(i)) for i in range(41)]
    for width in (1280, 390):
        page = opened(linear_neuron(*leaves), size=(width, 800))
        words = "[...document.querySelectorAll('#halves span')]"
        assert page.run(f"{words}.map((e) => e.scrollWidth - e.clientWidth)") == [0, 0]
