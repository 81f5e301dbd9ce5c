"""The moving picture of the steps, as a browser shows it."""

import time

import pytest
from devtools import PATIENCE
from stepper import go, inside, opened

import engine
from engine import Tensor, Value
from viz import step_through
from viz.stepping.frames import SECONDS

__all__ = ["opened"]


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    return engine.tanh(a * b + c) ** 2


def long_words():
    """Names as long as they are shown, of one letter after another and all twice."""
    wide = Value(-1.23456e-300, label="a rather long name, for one number")
    return wide * wide + Value(-1.23456e200, label="重みと偏り")


def arrays():
    x = Tensor([[1.0, 2.0]], requires_grad=True, label="x")
    return (x @ Tensor([[0.5], [0.25]], requires_grad=True, label="w")).sum()


GRAPHS = {"expression": expression, "long words": long_words, "arrays": arrays}


@pytest.fixture
def shown(quiet, tmp_path):
    """Open the moving picture of a graph; nothing may be complained about."""

    def showing(root, motion="no-preference", **options):
        quiet.prefer(prefers_reduced_motion=motion)
        quiet.open(step_through(root).save(tmp_path / "steps.svg", **options))
        return quiet

    return showing


def at(page, seconds):
    """Stop all that moves at a time."""
    page.run(
        "document.getAnimations().forEach((one) => "
        f"{{ one.pause(); one.currentTime = {1000 * seconds} }}); 0"
    )


def said(page):
    """The lines of the words that are seen now."""
    return page.run(
        "[...document.querySelectorAll('.words > g')]"
        ".filter((g) => getComputedStyle(g).opacity > 0)"
        ".map((g) => [...g.children].map((line) => line.textContent))"
    )


def lit(page, selector):
    """The texts of what is seen now of a kind."""
    return page.run(
        f"[...document.querySelectorAll({selector!r})]"
        ".filter((e) => getComputedStyle(e.closest('.when') ?? e).opacity > 0)"
        ".map((e) => e.textContent)"
    )


KINDS = ["start", *["forward"] * 4, "seed", *["backward"] * 6, "end"]
MIDDLES = [
    sum(SECONDS[kind] for kind in KINDS[:i]) + SECONDS[kind] / 2 for i, kind in enumerate(KINDS)
]


def test_its_words_are_those_of_the_page_step_after_step(shown, opened, page):
    picture = shown(expression())
    phases = []
    for seconds in MIDDLES:
        at(picture, seconds)
        (lines,) = said(picture)
        phases.append(lines[0])
    picture = opened(expression())
    for position, phase in enumerate(phases[:-1]):
        go(picture, position)
        assert picture.text("#phase") == phase


def test_one_edge_is_lit_and_one_gradient_arrives_at_a_time(shown):
    page = shown(expression())
    seen = []
    for seconds in MIDDLES:
        at(page, seconds)
        seen.append((lit(page, ".hot text"), lit(page, ".to")))
    assert seen[:5] == [([], [])] * 5
    assert seen[5:] == [
        ([], ["1"]),
        (["× 0.9242"], ["0.924234"]),
        (["× 0.7864"], ["0.726862"]),
        (["× 1"], ["0.726862"]),
        (["× 1"], ["0.726862"]),
        (["× −3"], ["−2.18059"]),
        (["× 2"], ["1.45372"]),
        ([], []),
    ]


def test_arrows_point_the_way_the_numbers_go(shown):
    page = shown(expression())
    for seconds, way in ((MIDDLES[2], "there"), (MIDDLES[8], "back")):
        at(page, seconds)
        ways = page.run(
            "[...document.querySelectorAll('.there, .back')]"
            ".filter((e) => getComputedStyle(e).opacity > 0).map((e) => e.classList[0])"
        )
        assert set(ways) - {"hot"} == {way}


def test_who_wants_nothing_to_move_sees_all_gradients(shown):
    page = shown(expression(), motion="reduce")
    assert page.run("document.getAnimations().length") == 0
    ((first, *_),) = said(page)
    assert first == "Every gradient is there"
    assert {"−2.18059", "1.45372", "0.726862"} < set(lit(page, ".node .g"))
    assert "·" not in lit(page, ".node :is(.d, .g)")


def test_it_moves_as_an_image_in_a_page(quiet, tmp_path):
    """As on a first page: an image runs no script."""
    step_through(expression()).save(tmp_path / "steps.svg")
    page = tmp_path / "page.html"
    page.write_text('<title>x</title><img src="steps.svg" alt="" width="358">', encoding="utf-8")
    quiet.prefer(prefers_reduced_motion="no-preference")
    quiet.open(page)
    first, end = quiet.screenshot(), time.monotonic() + PATIENCE
    while quiet.screenshot() == first:
        assert time.monotonic() < end, "nothing moves"
        time.sleep(0.1)
    (asked,) = [address.rpartition("/")[2] for address in quiet.requests()]
    assert asked == "steps.svg"
    quiet.open("about:blank")


@pytest.mark.parametrize("graph", GRAPHS)
def test_nothing_it_says_is_cut_off(shown, graph):
    page = shown(GRAPHS[graph](), motion="reduce")
    whole = page.run("(({x, y, right, bottom}) => [x, y, right, bottom])"
                     "(document.documentElement.getBoundingClientRect())")  # fmt: skip
    boxes = page.run(
        "[...document.querySelectorAll('text, .node, .hot')].map((e) => e.getBoundingClientRect())"
        ".map(({x, y, right, bottom}) => [x, y, right, bottom])"
    )
    assert boxes
    assert all(inside(box, whole) for box in boxes)


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark_are_as_asked_whatever_the_system(quiet, tmp_path, dark):
    file = step_through(expression()).save(tmp_path / "steps.svg", dark=dark)
    grounds = set()
    for scheme in ("light", "dark"):
        quiet.prefer(prefers_color_scheme=scheme)
        quiet.open(file)
        grounds.add(quiet.run("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds == {"rgb(22, 24, 29)" if dark else "rgb(255, 255, 255)"}
