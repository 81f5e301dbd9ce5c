"""Twin zoom: an element of an array opens its Value graph, in time with the page."""

import numpy as np
import pytest
from axe import violations
from stepper import started

import engine
from engine import Tensor
from viz import step_through

SIZES = [(1280, 800), (390, 844)]


def graph():
    x = Tensor([[1.0, -2.0, 0.5], [0.5, 3.0, -1.0]], label="x")
    w = Tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]], requires_grad=True, label="w")
    h = x @ w
    h.label = "h"
    return (h * h).sum()


@pytest.fixture
def show(quiet, tmp_path):
    """Open the page of a graph, still where it would move; no complaint may come of it."""
    quiet.prefer(prefers_reduced_motion="reduce")

    def opened(root=None, **options):
        shown = step_through(graph() if root is None else root, **options)
        return started(quiet, shown.save(tmp_path / "steps.html"))

    return opened


def forward_to(page, phase):
    for _ in range(40):
        if page.text("#phase") == phase:
            return
        page.press("ArrowRight")
    raise AssertionError(f"never {phase}")


def texts(page, selector):
    return page.run(f"[...document.querySelectorAll('#twin {selector}')].map((e) => e.textContent)")


def is_open(page):
    return page.run("document.getElementById('twin').open")


def test_two_clicks_open_the_graph_of_an_element(show):
    page = show()
    page.click("#next")
    page.click("#grid button:nth-child(2)")
    assert texts(page, "summary") == ["Value graph of h[0,1]"]
    assert texts(page, "title") == [
        "x[0,0]", "w[0,1]", "×", "x[0,1]", "w[1,1]", "×", "+", "x[0,2]", "w[2,1]", "×", "h[0,1]",
    ]  # fmt: skip
    assert texts(page, ".d")[-1] == page.text("#grid [aria-pressed=true]") == "4.125"
    assert texts(page, "[role=status]") == ["h[0,1] = 4 + 0.125 = 4.125"]


def test_gradients_flow_edge_by_edge_to_the_number_of_the_array(show):
    root = graph()
    page = show(root)
    forward_to(page, "Backward · through matmul to w")
    page.click("#grid button:nth-child(4)")
    root.backward()
    w = next(x for x in engine.toposort(root) if x.label == "w")
    assert texts(page, "summary") == ["Value graph of w[1,1]"]
    assert texts(page, ".node.to .g") == [page.text("#grid [aria-pressed=true]")]
    assert float(texts(page, ".node.to .g")[0].replace("−", "-")) == w.grad[1, 1]
    edges = int(page.text("#twin output").split(" / ")[1])
    for left in range(edges, 0, -1):
        assert page.text("#twin output") == f"{left} / {edges}"
        assert page.run("document.querySelectorAll('#twin path.hot').length") == 1
        page.click("#twin button")
    assert texts(page, "[role=status]")[0].startswith("backward begins: gradient of h")
    assert texts(page, "path.hot") == []


def test_it_steps_in_time_with_the_page(show):
    page = show()
    page.press("ArrowRight")
    page.click("#grid button:nth-child(1)")
    page.run("document.querySelector('#twin button:nth-child(3)').focus()")
    assert page.text("#twin output") == "5 / 5"
    page.press("ArrowRight")  # past its last op the page goes on
    assert page.text("#count").startswith("2 / ")
    assert page.text("#twin output") == "0 / 1"
    page.press("ArrowLeft")
    assert page.text("#count").startswith("1 / ")
    assert page.text("#twin output") == "5 / 5"
    page.press("ArrowLeft")
    assert page.text("#count").startswith("1 / ")
    assert page.text("#twin output") == "4 / 5"


def test_it_flows_by_itself_where_motion_is_welcome(show):
    page = show()
    page.prefer(prefers_reduced_motion="no-preference")
    page.press("ArrowRight")
    page.click("#grid button:nth-child(1)")
    assert page.text("#twin button:nth-child(2)") == "Pause"
    page.wait_for("document.querySelector('#twin output').textContent === '5 / 5'")
    assert page.text("#twin button:nth-child(2)") == "Play"
    page.click("#twin button:nth-child(2)")
    page.wait_for("document.querySelector('#twin output').textContent === '2 / 5'")
    page.click("#twin button:nth-child(2)")
    assert page.text("#twin button:nth-child(2)") == "Play"


def test_keys_alone_open_it(show):
    page = show()
    page.press("ArrowRight")
    page.run("document.querySelector('#grid button').focus()")
    page.press("ArrowDown")
    assert is_open(page)
    assert texts(page, "summary") == ["Value graph of h[1,0]"]


def test_a_single_number_made_of_an_array_has_one_too(show):
    page = show(Tensor([1.0, 2.0], requires_grad=True, label="x").sum())
    page.press("ArrowRight")
    assert page.run("document.getElementById('elements').hidden")
    page.click("#twin summary")
    page.wait_for("document.querySelector('#twin svg') !== null")
    assert texts(page, "[role=status]") == ["L = 1 + 2 = 3"]


def test_where_there_is_none_the_page_says_how_to_ask(show):
    w = Tensor(np.arange(100.0), requires_grad=True, label="w")
    page = show((w * w).sum(), elements={"w": 3})
    page.press("ArrowRight")
    page.click("#twin summary")
    assert texts(page, "p:last-child") == [
        'Not drawn here, to keep the page small: step_through(…, elements={"n1": (0,)}) draws it.'
    ]
    assert not page.run("document.querySelector('#twin button').checkVisibility()")
    forward_to(page, "Backward · through mul to w")
    page.click("#grid button")
    assert texts(page, ".node.to .g") == ["3"]


def test_an_element_there_is_no_room_for_is_asked_for_by_name(show):
    x = Tensor(np.eye(8) + 1.0, requires_grad=True, label="x")
    root = x
    for _ in range(6):
        root = root @ x
    page = show(root.sum())
    page.press("End")
    page.click("#grid button:nth-child(10)")
    assert texts(page, "p:last-child")[0].endswith('elements={"x": (1,1)}) draws it.')
    page = show(root.sum(), elements={"x": (1, 1)})
    page.press("End")
    page.click("#grid button:nth-child(10)")
    assert texts(page, "p:last-child")[0].startswith("4 of 8 terms are drawn; all of them add up")


def test_a_page_of_single_numbers_has_no_twins(show):
    page = show(engine.Value(2.0, label="a") * 3)
    assert page.run("document.getElementById('twin')") is None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_and_nothing_breaks_a_rule_of_accessibility(show, page, size, scheme):
    page.resize(*size)
    show()
    page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    forward_to(page, "Backward · through matmul to w")
    page.click("#grid button")
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    inside = page.run(
        "(() => { const r = document.querySelector('#twin [role=group]').getBoundingClientRect();"
        "const b = document.querySelector('#twin .node.to').getBoundingClientRect();"
        "return b.left >= r.left && b.right <= r.right && r.right <= innerWidth })()"
    )
    assert inside
    assert violations(page) == []
