"""The course as it is stored, in a real browser: exported to HTML, and live in JupyterLab."""

import copy

import nbformat
import pytest
from lab import STARTED, jupyter
from layout import faults
from nbconvert import HTMLExporter

from notebooks.make import course, outputs, read

NOTEBOOKS = {name: read(name) for name in course()}
COURSE = list(NOTEBOOKS)
ALL = pytest.mark.parametrize("name", COURSE)
SCHEMES = ("light", "dark")
STEPPER = "iframe.twingrad-frame"


def steppers_of(name):
    """How many steppers a notebook shows."""
    shown = [one.get("data", {}).get("text/html", "") for one in outputs(NOTEBOOKS[name])]
    return sum("twingrad-frame" in html for html in shown)


def graphs_of(name):
    """How many graphs it shows."""
    return sum("image/svg+xml" in one.get("data", {}) for one in outputs(NOTEBOOKS[name]))


GRAPHS = (
    "[...document.querySelectorAll('img[src^=\"data:image/svg\"]:not(.twingrad-still img)')]"
    ".filter((e) => e.naturalWidth > 60)"
)


def number_steppers(page):
    """Give each stepper an attribute to find it by; their selectors."""
    count = page.run(
        f"[...document.querySelectorAll('{STEPPER}')].map((e, i) => {{ e.dataset.i = i }}).length"
    )
    return [f'{STEPPER}[data-i="{i}"]' for i in range(count)]


def drive(page, selector):
    """Step with the mouse, with keys and to the end; nothing is cut off, or complained of."""
    frame = page.frame(selector)
    frame.wait_for("document.documentElement.classList.contains('js')")
    first, last = frame.text("#count").split(" / ")
    if frame.run("document.getElementById('ask') !== null"):
        practise(frame, first)
        return
    assert first == "0"
    count = "document.getElementById('count').textContent === '{} / " + last + "'"
    frame.click("#next")
    frame.wait_for(count.format(1))
    frame.press("ArrowRight")
    frame.wait_for(count.format(2))
    frame.press("End")
    frame.wait_for(count.format(last))
    shown = frame.run("[...document.querySelectorAll('.node .g')].map((t) => t.textContent)")
    assert "·" not in shown  # every gradient has arrived
    page_width = "document.documentElement.{}Width"
    assert frame.run(page_width.format("scroll")) <= frame.run(page_width.format("client"))
    assert frame.complaints() == []
    assert frame.requests() in ([], ["about:srcdoc"])


# --- exported to HTML ---


def exported(name, theme, folder):
    """The notebook as nbconvert exports it, and the addresses its template asks for.

    That template takes require.js and MathJax from the network, for which there is no setting to
    ship them: offline, formulas stay as they are written ($...$).  All else has to work.
    """
    exporter = HTMLExporter(theme=theme)
    body, _ = exporter.from_notebook_node(NOTEBOOKS[name])
    path = folder / f"{name}_{theme}.html"
    path.write_text(body, encoding="utf-8")
    return path, {exporter.require_js_url, exporter.mathjax_url}


@pytest.mark.parametrize("theme", SCHEMES)
@ALL
def test_exported_to_html_it_looks_right_offline(page, tmp_path, name, theme):
    """In both themes of the export, whichever the browser prefers."""
    path, elsewhere = exported(name, theme, tmp_path)
    page.open(path)
    for scheme in SCHEMES:
        page.prefer(prefers_color_scheme=scheme)
        assert faults(page) == []
    assert page.run(f"{GRAPHS}.length") == graphs_of(name)
    assert set(page.requests()) <= elsewhere
    ours = [c for c in page.complaints() if not c.endswith(tuple(elsewhere))]
    assert ours == []


def practise(frame, first):
    """A page that asks goes on once it has shown an answer; nothing is complained of."""
    frame.run(
        "[...document.querySelectorAll('#ask button')]"
        ".find((button) => button.textContent === 'Show').click()"
    )
    frame.wait_for(f"!document.getElementById('count').textContent.startsWith('{first} ')")
    assert frame.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COURSE if steppers_of(name)])
def test_exported_to_html_its_steppers_work_offline(page, tmp_path, name):
    page.open(exported(name, "light", tmp_path)[0])
    steppers = number_steppers(page)
    assert len(steppers) == steppers_of(name)
    for selector in steppers:
        drive(page, selector)


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
PLANTED = {
    "the page scrolls sideways": "<div style='position: absolute; left: 90vw; width: 20vw'>x</div>",
    "100 px outside": "<div style='width: 600px'>x</div>",
    "100 px cut off": "<div style='overflow: auto'><div style='width: 600px'>x</div></div>",
    "lines are broken": f"<pre style='white-space: pre-wrap'>{'name   number ' * 9}</pre>",
    "broken": "<img width='9' height='9' src='data:image/png;base64,AAAA'>",
    "blurred": f"<img width='9' src='{PIXEL}'>",
    "faint": "<p style='color: #888'>grey on white</p>",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_is_found(page, tmp_path, fault):
    """The tests above would see it: each kind of fault, planted, and the same page without."""
    path = tmp_path / "page.html"
    for content in ("<p>fine</p>", PLANTED[fault]):
        path.write_text(
            "<!doctype html><meta charset=utf-8><style>pre { line-height: 20px }</style><div "
            f"class=jp-OutputArea-output style='width: 500px; background: white'>{content}</div>",
            encoding="utf-8",
        )
        page.open(path)
        found = faults(page)
        assert any(one.startswith(fault) for one in found) == (content != "<p>fine</p>"), found


# --- live in JupyterLab ---


@pytest.fixture(scope="module")
def served(lab):
    """The notebooks in JupyterLab's folder: as they are, trusted; and copies that are not."""
    for name, notebook in NOTEBOOKS.items():
        nbformat.write(notebook, lab.folder / f"{name}.ipynb")
        other = copy.deepcopy(notebook)
        other.metadata["copy"] = True  # trust goes by what a notebook holds
        nbformat.write(other, lab.folder / f"untrusted_{name}.ipynb")
    trusted = [str(lab.folder / f"{name}.ipynb") for name in COURSE]
    jupyter("jupyter", "trust", *trusted, environment=lab.environment)
    return lab


@pytest.fixture(scope="module")
def window(browser, served):
    """One page with JupyterLab in it, for all notebooks."""
    page = browser.page()
    served.open(page, f"{COURSE[0]}.ipynb")
    yield page
    page.close()


@pytest.mark.slow
@ALL
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_live_in_jupyterlab_it_looks_right(window, served, name, trusted, theme):
    """As it is stored; not trusted, its graphs and the steppers' pictures and tables remain."""
    served.theme(window, f"JupyterLab {theme}")
    served.show(window, f"{name}.ipynb" if trusted else f"untrusted_{name}.ipynb")
    assert faults(window) == []
    assert window.run(f"{GRAPHS}.length") == graphs_of(name)
    steppers = steppers_of(name)
    frames = window.run(f"document.querySelectorAll('{STEPPER}').length")
    assert frames == (steppers if trusted else 0)
    still = "[...document.querySelectorAll('.jp-OutputArea tbody tr')].length"
    assert trusted or not steppers or window.run(still) > steppers
    assert window.run("document.querySelectorAll('mjx-merror, [data-mjx-error]').length") == 0
    text = "".join(c.source for c in NOTEBOOKS[name].cells if c.cell_type == "markdown")
    shown = any("text/latex" in one.get("data", {}) for one in outputs(NOTEBOOKS[name]))
    formulas = bool(window.run("document.querySelectorAll('mjx-container').length"))
    assert formulas == ("$" in text or shown)


@pytest.mark.slow
def test_live_in_jupyterlab_the_stepper_of_notebook_03_works(page, lab):
    (name,) = [name for name in COURSE if name.startswith("03")]
    bare = copy.deepcopy(NOTEBOOKS[name])
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(bare, lab.folder / "run_03.ipynb")
    lab.open(page, "run_03.ipynb")
    lab.run_all(page)
    page.wait_for(f"document.querySelector('{STEPPER}') !== null", STARTED)
    steppers = number_steppers(page)
    assert len(steppers) == steppers_of(name) > 0
    for selector in steppers:
        drive(page, selector)
    assert page.run("document.querySelectorAll('[data-mime-type$=stderr]').length") == 0
    assert faults(page) == []
