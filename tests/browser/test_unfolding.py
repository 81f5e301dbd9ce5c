"""The page of a picture: modules open and close, names are found, nobody is kept out."""

import numpy as np
import pytest
from axe import violations

import nn
from engine import Tensor
from viz import draw, trace

#: Where every visible box of the svg is, by name; closed modules by theirs.
BOXES = """
Object.fromEntries([...document.querySelectorAll('#picture .node, #picture .shut')]
  .filter((group) => group.style.display !== 'none')
  .map((group) => {
    const b = group.querySelector('path, polygon, ellipse, rect').getBoundingClientRect();
    const name = group.dataset.name ?? group.getAttribute('aria-label');
    return [name, [b.left, b.top, b.right, b.bottom]];
  }))
"""
#: Ends of all visible arrows.
TIPS = """
[...document.querySelectorAll('#picture .edge polygon, #picture .tip')]
  .filter((tip) => tip.parentNode.style.display !== 'none')
  .map((tip) => tip.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])
"""
FRAMES = """
[...document.querySelectorAll('#picture .cluster')].filter((g) => g.style.display !== 'none').length
"""


def network(layers=6):
    blocks = [nn.Sequential(nn.Linear(3, 3, rng=i), nn.Tanh()) for i in range(layers)]
    return nn.Sequential(*blocks, nn.Linear(3, 1, rng=9)), np.arange(6.0).reshape(2, 3)


def opened(page, tmp_path, picture):
    page.open(picture.save(tmp_path / "model.html"))
    page.wait_for("document.querySelector('#picture.ready') !== null")
    return page


def meet(a, b, air=0.0):
    return (
        a[0] < b[2] - air and b[0] < a[2] - air and a[1] < b[3] - air and b[1] < a[3] - air
    )  # fmt: skip


def click_module(page, name, state):
    """A click on what opens or closes a module."""
    page.click(f'.{state}[aria-label^="{name}"]')


def look_for(page, text):
    field = "document.getElementById('find')"
    page.run(f"{field}.value = {text!r}; {field}.dispatchEvent(new Event('input'))")


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("style", ["full", "compact"])
def test_in_every_state_boxes_do_not_meet_and_arrows_end_at_a_box(page, tmp_path, direction, style):
    model, x = network(3)
    picture = draw(model, x, interactive=True, direction=direction, style=style)
    opened(page, tmp_path, picture)
    for state in ("start", "open", "close", "0: Sequential", "1: Sequential"):
        if state in ("open", "close"):
            page.click(f"#{state}")
        elif state != "start":
            page.click("#open")
            click_module(page, state, "header")
        boxes = page.run(BOXES)
        places = list(boxes.values())
        for i, one in enumerate(places):
            assert [b for b in places[i + 1 :] if meet(one, b)] == [], state
        for tip in page.run(TIPS):
            near = [tip[0] - 7, tip[1] - 7, tip[2] + 7, tip[3] + 7]
            assert any(meet(near, box) for box in places), state
    assert page.complaints() == []
    assert page.requests() == []


def test_closing_a_module_makes_the_picture_smaller_and_opening_it_brings_all_back(page, tmp_path):
    model, x = network(2)
    opened(page, tmp_path, draw(model, x, interactive=True))
    page.click("#open")
    whole = page.run(BOXES)
    size = "(({width, height}) => width * height)(document.querySelector('svg').viewBox.baseVal)"
    large = page.run(size)
    click_module(page, "0: Sequential", "header")
    closed = page.run(BOXES)
    assert len(closed) == len(whole) - 4 + 1
    assert page.run(size) < 0.8 * large
    click_module(page, "0: Sequential", "shut")
    assert page.run(BOXES) == whole
    assert page.run(size) == large


def test_it_begins_with_no_more_boxes_than_can_be_taken_in(page, tmp_path):
    model, x = network(8)
    opened(page, tmp_path, draw(model, x, interactive=True))
    assert 4 < len(page.run(BOXES)) <= 24
    page.click("#open")
    assert len(page.run(BOXES)) == 1 + 8 * 4 + 3


def test_by_keys_a_module_closes_and_opens_and_keeps_the_focus(page, tmp_path):
    model, x = network(2)
    opened(page, tmp_path, draw(model, x, interactive=True))
    page.click("#open")
    page.run("document.querySelector('.header[aria-label^=\"0: Seq\"]').focus()")
    page.press("Enter")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.run(focused) == "0: Sequential 4 boxes"
    page.press(" ")
    assert page.run(focused) == "0: Sequential"


def test_by_touch_a_module_closes(page, tmp_path):
    model, x = network(2)
    opened(page, tmp_path, draw(model, x, interactive=True))
    page.click("#open")
    before = page.run(FRAMES)
    left, top = page.box('.header[aria-label^="0: Sequential"]')
    page.call(
        "Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": left + 9, "y": top + 9}]
    )
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    page.wait_for(f"{FRAMES} < {before}")


def test_what_is_looked_for_is_marked_and_enter_opens_what_hides_it(page, tmp_path):
    model, x = network(3)
    opened(page, tmp_path, draw(model, x, interactive=True))
    page.click("#close")
    look_for(page, "1.0.WEIGHT")
    assert page.text("#found") == "2 found, Enter: next"
    assert page.run("document.querySelectorAll('.shut.hit').length") > 0
    page.run("document.getElementById('find').focus()")
    page.press("Enter")
    assert page.text("#found") == "1 of 2"
    hits = "[...document.querySelectorAll('.node.hit')].filter((g) => g.style.display !== 'none')"
    assert page.run(f"{hits}.length") == 2
    box = page.run(f"(b => [b.left, b.top, b.right, b.bottom])({hits}[0].getBoundingClientRect())")
    assert 0 <= box[0] < box[2] <= 1280
    dim = "getComputedStyle(document.querySelector('.node:not(.hit)')).opacity"
    assert page.run(dim) == "0.25"
    look_for(page, "")
    assert page.text("#found") == ""
    assert page.run(dim) == "1"


def test_nothing_found_is_said(page, tmp_path):
    model, x = network(2)
    opened(page, tmp_path, draw(model, x, interactive=True))
    look_for(page, "no such thing")
    assert page.text("#found") == "0 found"
    page.run("document.getElementById('find').focus()")
    page.press("Enter")
    assert page.text("#found") == "0 found"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_breaks_no_rule(page, tmp_path, dark, scheme, size):
    page.resize(*size)
    page.prefer(prefers_color_scheme=scheme)
    model, x = network(2)
    opened(page, tmp_path, draw(model, x, interactive=True, dark=dark))
    for state in ("open", "close"):
        page.click(f"#{state}")
        assert violations(page) == []
    width = page.run("document.documentElement.scrollWidth")
    assert width <= size[0]


def test_a_picture_drawn_light_is_dark_where_the_reader_prefers_that(page, tmp_path):
    page.prefer(prefers_color_scheme="dark")
    model, x = network(1)
    opened(page, tmp_path, draw(model, x, interactive=True))
    colour = "getComputedStyle(document.querySelector('{}')).{}"
    assert page.run(colour.format(".graph > polygon", "fill")) == "rgb(22, 24, 29)"
    assert page.run(colour.format(".node text[fill]", "fill")) in (
        "rgb(180, 180, 180)",
        "rgb(240, 240, 240)",
    )


def test_without_modules_there_is_nothing_to_open_and_without_scripts_the_picture_is_there(
    page, tmp_path
):
    picture = draw(Tensor([1.0, 2.0], requires_grad=True, label="x") * 2.0)
    opened(page, tmp_path, picture)
    assert page.run("document.getElementById('modules').hidden")
    page.scripts(False)
    page.open(picture.save(tmp_path / "still.html"))
    shown = page.call("DOM.getDocument", depth=-1)
    assert "graphics-document" in str(shown)
    page.scripts(True)


def test_in_a_notebook_the_page_stands_in_a_frame(page, tmp_path):
    model, x = network(2)
    picture = draw(model, x, interactive=True)
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{picture._repr_html_()}", encoding="utf-8")
    page.open(file)
    frame = page.frame("iframe")
    frame.wait_for("document.querySelector('#picture.ready') !== null")
    assert page.run("getComputedStyle(document.querySelector('.twingrad-still')).display") == "none"
    frame.click("#close")
    assert len(frame.run(BOXES)) == 2


def test_the_words_of_a_closed_module_stand_in_its_box(page, tmp_path):
    class R(nn.Module):
        def __init__(self):
            self.layers = network()[0]

        def forward(self, x):
            return self.layers(x) * 2.0

    model, x = R(), network()[1]
    with trace(model) as seen:
        y = model(x).sum()
    opened(page, tmp_path, draw(y, seen=seen, interactive=True))
    page.click("#close")
    inside = page.run("""
    [...document.querySelectorAll('.shut')].filter((g) => g.style.display !== 'none').map((g) => {
      const [box, ...words] = [...g.children].map((part) => part.getBoundingClientRect());
      return words.every((word) => word.left > box.left + 4 && word.right < box.right - 4);
    })""")
    assert inside == [True]


def test_arrows_of_closed_modules_run_behind_boxes(page, tmp_path):
    opened(page, tmp_path, draw(*network(), interactive=True))
    above = page.run("""
    [...document.querySelectorAll('.way')].flatMap((way) =>
      [...document.querySelectorAll('.node, .shut')].filter((box) =>
        box.compareDocumentPosition(way) & Node.DOCUMENT_POSITION_FOLLOWING)).length""")
    assert page.run("document.querySelectorAll('.way').length") > 0
    assert above == 0


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_tab_goes_from_module_to_module_the_way_the_arrows_go(page, tmp_path, direction):
    opened(page, tmp_path, draw(*network(), interactive=True, direction=direction))
    names = page.run("""
    [...document.querySelectorAll('.shut')].filter((g) => g.style.display !== 'none')
      .map((g) => g.getAttribute('aria-label')[0])""")
    assert names == sorted(names)
    assert len(names) > 1
