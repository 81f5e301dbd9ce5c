"""Nobody is kept out: what axe-core finds in the stepper's page."""

import pytest
from axe import violations
from test_stepper_page import GRAPHS

from viz import step_through


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("graph", ["value", "tensor"])
def test_the_stepper_breaks_no_rule(page, tmp_path, graph, scheme, size):
    page.resize(*size)
    page.prefer(prefers_color_scheme=scheme)
    page.open(step_through(GRAPHS[graph]()).save(tmp_path / "steps.html"))
    page.wait_for("document.documentElement.classList.contains('js')")
    assert violations(page) == []
    page.press("End")
    page.run("document.querySelectorAll('details').forEach((part) => { part.open = true })")
    assert violations(page) == []


def test_a_page_that_keeps_someone_out_is_noticed(page, tmp_path):
    file = tmp_path / "bad.html"
    file.write_text("<html lang='en'><title>x</title><main><h1>x</h1><button></button></main>")
    page.open(file)
    (line,) = violations(page)
    assert line.startswith("button-name: <button></button> (")
