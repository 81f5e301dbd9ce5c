"""The stepper's page, opened and asked: what the files of its tests share."""

import pytest

from viz import step_through


def started(page, file):
    """The page of a file, once its program runs."""
    page.open(file)
    page.wait_for("document.documentElement.classList.contains('js')")
    return page


@pytest.fixture
def opened(quiet, tmp_path):
    """Open the page of a graph; nothing may be complained about."""

    def opening(root, size=(1280, 800), **options):
        quiet.resize(*size)
        quiet.prefer(prefers_reduced_motion="reduce")  # scrolling is done at once
        return started(quiet, step_through(root, **options).save(tmp_path / "steps.html"))

    return opening


def go(page, position):
    """To a step, as the slider goes there."""
    page.run(
        f"((slider) => {{ slider.value = {position}; slider.dispatchEvent(new Event('input')) }})"
        "(document.getElementById('slider'))"
    )


def count(page):
    """The position and the last one."""
    return [int(number) for number in page.text("#count").split(" / ")]


def rectangles(page, selector):
    """Where elements are in the window: left, top, right, bottom."""
    return page.run(
        f"[...document.querySelectorAll({selector!r})].map((e) => e.getBoundingClientRect())"
        ".map((b) => [b.left, b.top, b.right, b.bottom])"
    )


def inside(inner, outer, slack=1):
    return (
        inner[0] >= outer[0] - slack and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack and inner[3] <= outer[3] + slack
    )  # fmt: skip


def overlap(one, other, slack=0.5):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack
        and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )
