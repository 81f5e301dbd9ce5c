"""The pictures `twingrad demo` leaves, and the page that shows them together."""

from __future__ import annotations

import html
import importlib
from pathlib import Path
from typing import Any, TextIO

import nn
from engine import Value

from ..drawing import RenderError
from ..graphs import SUFFIXES, draw, trace
from ..stepping import step_through

FEW = 4  # digits
FORMULA = "y = tanh(a*b + c)**2"


def expression() -> Value:
    """The expression that is drawn and stepped through."""
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    y = (a * b + c).tanh() ** 2
    y.label = "y"
    return y


def save(folder: Path, trained: Any, out: TextIO) -> list[str]:
    """Write all pictures and `index.html` to a folder, saying where; what could not be drawn.

    Args:
        folder: is there already.
        trained: the `viz.command.demo.Training` whose history and guesses are drawn.
        out: where text goes.
    """
    print(
        f"3. Pictures: the graph of {FORMULA} and its gradients, the network, the training\n",
        file=out,
    )
    problems = []
    drawn = save_expression(folder, out)
    if not (save_network(folder, trained, out) and drawn):
        problems.append("no picture")
    _say(step_through(expression()).save(folder / "steps.html"), out)
    save_plots(folder, trained, out)
    _say(save_index(folder, trained), out)
    print(file=out)
    return problems


def _say(path: Path, out: TextIO) -> None:
    print(f"   {path}", file=out)


def save_expression(folder: Path, out: TextIO) -> bool:
    """Draw the graph of the expression, after backward; whether it could be drawn."""
    y = expression()
    y.backward()
    picture = draw(y)
    good = True
    for suffix in ("svg", "png", "dot"):
        try:
            _say(picture.save(folder / f"expression.{suffix}"), out)
        except RenderError as error:
            print(f"   no {suffix}: {error}", file=out)
            good = False
    return good


def save_network(folder: Path, trained: Any, out: TextIO) -> bool:
    """Draw the graph of the network's loss on a few digits; whether it could be drawn."""
    with trace(trained.model) as seen:
        loss = nn.CrossEntropyLoss()(trained.model(trained.images[:FEW]), trained.labels[:FEW])
    trained.model.zero_grad()
    loss.backward()
    try:
        _say(draw(loss, seen=seen).save(folder / "network.svg"), out)
    except RenderError as error:
        print(f"   no network.svg: {error}", file=out)
        return False
    return True


def save_plots(folder: Path, trained: Any, out: TextIO) -> bool:
    """Draw how training went and what became of it, if matplotlib is there; whether it was."""
    try:
        # Not at the top: it is an extra, and slow to import for commands that draw no plot.
        plots = importlib.import_module("viz.plots")
        pyplot = importlib.import_module("matplotlib.pyplot")
    except ImportError as error:
        print(f"   no plots of the training: {error}", file=out)
        return False
    figure = plots.dashboard(trained.history, title="the digits network while it was trained")
    figures = {"training.png": figure}
    figures["digits.png"], (left, right) = pyplot.subplots(
        1, 2, figsize=(12, 5.5), layout="constrained"
    )
    plots.confusion_matrix(trained.labels, trained.guesses, left)
    plots.sample_grid(trained.images, trained.labels, trained.guesses, right)
    for name, figure in figures.items():
        figure.savefig(folder / name, dpi=110)
        pyplot.close(figure)
        _say(folder / name, out)
    return True


# --- the page ---

CARDS = (
    ("expression.svg", f"The graph of {FORMULA}",
     "Every node with its number and its gradient.", "expression.svg"),
    ("steps.html", "Backward, step by step",
     "Walk through the same graph: local derivative × upstream gradient, added to what is there.",
     "steps.html"),
    ("network.svg", "The graph of the network",
     "Its loss on a few digits: layers in frames, how numbers and gradients are spread.",
     "network.svg"),
    ("training.png", "How the training went",
     "Loss, learning rate, gradients, the size of the steps, dead units.", "training.png"),
    ("digits.png", "What it recognizes",
     "Held-out digits: what they are, and what the network took them for.", "digits.png"),
)  # fmt: skip

STYLE = """
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1a1a; --quiet: #555555; --line: #d0d0d0; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181d; --ink: #f0f0f0; --quiet: #b4b4b4; --line: #3a3d44; }
}
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { display: grid; gap: 1.5rem; }
article { border: 1px solid var(--line); border-radius: 0.5rem; padding: 1rem 1.25rem; }
h1, h2 { line-height: 1.2; margin: 0 0 0.25rem; }
h2 { font-size: 1.15rem; }
p { margin: 0 0 0.75rem; color: var(--quiet); }
a { color: inherit; }
a:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
img { max-width: 100%; height: auto; background: #ffffff; border-radius: 0.25rem; }
iframe { box-sizing: border-box; width: 100%; height: 44rem; border: 1px solid var(--line);
  border-radius: 0.25rem; }
"""


def save_index(folder: Path, trained: Any) -> Path:
    """The page that links what the folder holds."""
    cards = "".join(
        _card(file, title, words, shown, [f for f in _formats(folder, file) if f != file])
        for file, title, words, shown in CARDS
        if (folder / file).exists()
    )
    right = (
        f"{trained.accuracy:.1%} of the held-out digits recognized after {trained.history.steps:,}"
    )
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>twingrad demo</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>twingrad demo</h1>\n<p>{html.escape(right)} steps.</p>\n</header>\n"
        f"<main>\n{cards}</main>\n</body>\n</html>\n"
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _formats(folder: Path, file: str) -> list[str]:
    """The same picture in every format it was saved in."""
    stem = Path(file).stem
    return [f"{stem}{suffix}" for suffix in SUFFIXES if (folder / f"{stem}{suffix}").exists()]


def _card(file: str, title: str, words: str, shown: str, others: list[str]) -> str:
    if shown.endswith(".html"):
        given = f'src="{shown}" title="{html.escape(title)}" loading="lazy"'
        picture = f'<iframe sandbox="allow-scripts" {given}></iframe>\n'
    else:
        image = f'<img src="{shown}" alt="{html.escape(words)}" loading="lazy">'
        picture = f'<a href="{file}">{image}</a>\n'
    links = " and ".join(f'<a href="{name}">{Path(name).suffix[1:]}</a>' for name in others)
    also = f" Also as {links}." if links else ""
    return (
        f'<article>\n<h2><a href="{file}">{html.escape(title)}</a></h2>\n'
        f"<p>{html.escape(words)}{also}</p>\n{picture}</article>\n"
    )
