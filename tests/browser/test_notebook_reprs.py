"""Nodes, modules and answers as a notebook shows them: to everybody, trusted or not."""

import math

import nbformat
import numpy as np
import pytest
from axe import violations
from lab import jupyter

import engine
import nn
import viz
from engine import Tensor, Value, explain, gradcheck

SOURCE = """\
import numpy as np
import nn
from IPython.display import display
from engine import Tensor, Value, explain
w = Tensor(np.linspace(-1, 1, 60).reshape(6, 10), requires_grad=True, label="w")
(w * w).sum().backward()
x = Value(3.0, label="x")
y = x * x
y.backward()
display(w, explain(x))
nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
"""
SAID = (
    "w Tensor of shape (6, 10), float64, leaf", "-1 to 1, mean", "∂L/∂L · ∂(x₁ × x₂)/∂x₁ = 1 × 3",
    "26 parameters", "1: Linear(4, 2, bias=True)",
)  # fmt: skip


def things():
    w = Tensor(np.linspace(-1, 1, 60).reshape(6, 10), requires_grad=True, label="w")
    (w * w).sum().backward()
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    history = viz.History()
    for i in range(20):
        history.step(1 / (i + 1), validation_accuracy=math.nan if i == 9 else i / 20)
    epochs = nn.callbacks.EpochHistory()
    epochs.rows = [{"epoch": i, "loss": 1 / i, "lr": 0.1, "seconds": 1.0} for i in range(1, 5)]
    found = [history, epochs, w, x, y, explain(x), model, nn.summary(model, np.ones((5, 3)))]
    return [*found, gradcheck(lambda x: x**3, 2.0), engine.registry]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_notebook_shows_keeps_nobody_out(page, tmp_path, scheme, size):
    file = tmp_path / "reprs.html"
    shown = "".join(x._repr_html_() for x in things())
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>reprs</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>:root {{color-scheme: light dark}}</style><main><h1>reprs</h1>{shown}</main>",
        encoding="utf-8",
    )
    page.resize(*size)
    page.prefer(prefers_color_scheme=scheme)
    page.open(file)
    assert violations(page) == []
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    assert page.run("[...document.querySelectorAll('img')].every((one) => one.naturalWidth > 40)")


def test_branches_of_a_model_close_and_open(page, tmp_path):
    file = tmp_path / "model.html"
    model = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.ReLU()))
    file.write_text(model._repr_html_(), encoding="utf-8")
    page.open(file)
    height = "document.querySelector('details details').getBoundingClientRect().height"
    opened = page.run(height)
    page.click("details details summary")
    assert page.run(height) < opened


@pytest.mark.slow
def test_where_nothing_is_trusted_all_is_said(page, lab, environment, tmp_path):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    made.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(made, tmp_path / "made.ipynb")
    jupyter(
        "nbconvert", "--to", "notebook", "--execute", "--output", "reprs.ipynb",
        str(tmp_path / "made.ipynb"), environment=environment,
    )  # fmt: skip
    (lab.folder / "reprs.ipynb").write_bytes((tmp_path / "reprs.ipynb").read_bytes())
    lab.open(page, "reprs.ipynb")
    page.wait_for("document.querySelectorAll('.jp-OutputArea-output').length >= 3")
    page.wait_for("document.querySelector('.jp-OutputArea').innerText.includes('parameters')")
    text = " ".join(page.run("document.querySelector('.jp-OutputArea').innerText").split())
    for words in SAID:
        assert words in text
