"""The stepper in notebooks: exported to HTML, live in JupyterLab, and where nothing is trusted."""

import shutil

import nbformat
import pytest
from lab import STARTED, jupyter

SOURCE = """\
from engine import Value, tanh
from viz import step_through

a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
step_through(tanh(a * b + c) * a)
"""


def notebook(path):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    made.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def executed(tmp_path_factory, environment):
    """The notebook with its output, run somewhere else: nobody here trusts it."""
    folder = tmp_path_factory.mktemp("notebooks")
    path = notebook(folder / "steps.ipynb")
    jupyter(
        "nbconvert", "--to", "notebook", "--execute", "--output", "untrusted.ipynb", str(path),
        environment=environment,
    )  # fmt: skip
    return folder


def drive(frame):
    """Step through the page inside a frame, with mouse and keys, to the end."""
    frame.wait_for("document.documentElement.classList.contains('js')")
    assert frame.text("#count") == "0 / 12"
    # the frame has a process of its own: what it is sent arrives a moment later
    counts = "document.getElementById('count').textContent === '{} / 12'"
    frame.click("#next")
    frame.wait_for(counts.format(1))
    frame.press("ArrowRight")
    frame.wait_for(counts.format(2))
    frame.press("End")
    frame.wait_for(counts.format(12))
    shown = frame.run(
        "[...document.querySelectorAll('#gradients tbody tr')].map((r) => "
        "[r.cells[0].textContent, r.cells[2].textContent])"
    )
    # of tanh(a*b + c) * a, by hand: 1 - tanh(4)**2 is 0.00134095
    assert dict(shown) == {
        "a": "0.991284", "b": "0.0053638", "c": "0.0026819", "n2": "0.0026819",
        "n4": "0.0026819", "n5": "2", "L": "1",
    }  # fmt: skip
    assert frame.complaints() == []
    assert frame.requests() in ([], ["about:srcdoc"])


def test_in_a_notebook_exported_to_html(page, executed, environment):
    jupyter("nbconvert", "--to", "html", str(executed / "untrusted.ipynb"), environment=environment)
    page.open(executed / "untrusted.html")
    drive(page.frame("iframe.twingrad-frame"))
    still = "getComputedStyle(document.querySelector('.twingrad-still')).display"
    assert page.run(still) == "none"


@pytest.mark.slow
def test_live_in_jupyterlab(page, lab):
    notebook(lab.folder / "live.ipynb")
    lab.open(page, "live.ipynb")
    lab.run_all(page)
    page.wait_for("document.querySelector('.jp-OutputArea-output') !== null", STARTED)
    output = page.text(".jp-OutputArea-output")
    assert page.run("document.querySelector('iframe.twingrad-frame') !== null"), output
    drive(page.frame("iframe.twingrad-frame"))


@pytest.mark.slow
def test_in_jupyterlab_without_trust_picture_and_table_remain(page, lab, executed):
    shutil.copy(executed / "untrusted.ipynb", lab.folder)
    lab.open(page, "untrusted.ipynb")
    page.wait_for("document.querySelectorAll('.jp-OutputArea td').length > 0", STARTED)
    assert page.run("document.querySelectorAll('.jp-OutputArea iframe').length") == 0
    rows = page.run(
        "[...document.querySelectorAll('.jp-OutputArea tbody tr')]"
        ".map((r) => r.textContent.replace(/\\s+/g, ' ').trim())"
    )
    assert len(rows) == 12
    assert rows[0].startswith("n2 = a × b = 2 × −3 = −6")
    assert rows[-1].startswith("∂L/∂b += ∂L/∂n2 · ∂(a × b)/∂b = 0.0026819 × 2 = 0.0053638")
    assert page.run(
        "document.querySelector('.jp-OutputArea tbody tr').checkVisibility() && "
        "[...document.querySelectorAll('.jp-OutputArea img')].some((i) => i.naturalWidth > 300)"
    )
