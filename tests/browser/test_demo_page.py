"""The page of `twingrad demo`, as a person opens it: with its stepper in it."""

import io

import pytest
from axe import violations

from viz.command import demo


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a short demonstration leaves."""
    made = tmp_path_factory.mktemp("demo")
    demo.run(made, epochs=1, out=io.StringIO())
    return made


def test_the_demo_s_page_shows_its_stepper_and_it_steps(page, folder):
    page.open(folder / "index.html")
    page.run("document.querySelector('iframe').scrollIntoView()")
    page.wait_for("document.querySelector('iframe').clientWidth > 800")
    inside = page.frame("iframe")
    inside.wait_for("document.documentElement.classList.contains('js')")
    inside.click("#next")
    assert inside.text("#count").startswith("1 / 11")
    assert page.complaints() == []


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_demo_s_page_keeps_nobody_out_and_nothing_off_screen(page, folder, scheme, size):
    page.resize(*size)
    page.prefer(prefers_color_scheme=scheme)
    page.open(folder / "index.html")
    assert violations(page) == []
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


def test_the_stepper_in_a_narrow_page_has_all_its_buttons(page, folder):
    page.resize(390, 844)
    page.open(folder / "index.html")
    page.run("document.querySelector('iframe').scrollIntoView()")
    inside = page.frame("iframe")
    inside.wait_for("document.documentElement.classList.contains('js')")
    assert inside.run("document.documentElement.scrollWidth <= innerWidth")
