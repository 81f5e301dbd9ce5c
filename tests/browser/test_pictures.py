"""Pictures of graphs in a real browser: no text leaves its box, whatever font is there."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from viz import diff, draw, side_by_side

AIR = 1.5  # between a letter and the edge
HOSTILE = "<b>|{x} \\N & \"quoted\" 'single' ]]> --> iiiiiiiilllllll"

# Of every text: what it says, and how far it runs out of its box (below 0: it does not).
OVERFLOWS = """
[...document.querySelectorAll('g.node, g.cluster')].flatMap(group => {
  const shapes = [...group.querySelectorAll(':scope > polygon, :scope > path, :scope > ellipse')];
  const box = shapes.map(s => s.getBBox()).reduce((a, b) => a.width > b.width ? a : b);
  return [...group.querySelectorAll('text')].map(text => {
    const found = text.getBBox();
    return [text.textContent, Math.max(box.x - found.x, found.x + found.width - box.x - box.width)];
  });
})
"""


def expression(k=1.0):
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = engine.tanh(a * b + 6.5) ** 2 / 3 - a * k
    y.label = "y"
    y.backward()
    return y


def images():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    y = nn.CrossEntropyLoss()(model(np.linspace(0, 1, 128).reshape(2, 1, 8, 8)), np.array([0, 2]))
    y.backward()
    return y


def labelled(text):
    x = Value(1.0, label=text)
    return x * Value(2.0, label=text)


PICTURES = {
    "numbers": lambda: draw(expression(), local=True),
    "rows": lambda: draw(expression(), local=True, style="compact"),
    "rows of arrays": lambda: draw(images(), style="compact"),
    "top down": lambda: draw(expression(), local=True, direction="TB", dark=True),
    "arrays": lambda: draw(images(), local=True),
    "layers": lambda: draw(images(), depth=1),
    "one box": lambda: draw(images(), depth=0),
    "many neurons": lambda: draw(nn.scalar.MLP(2, [16, 16, 1])([1.0, 2.0])),
    "two graphs": lambda: diff(expression(), expression(2.0)),
    "two tiers": lambda: side_by_side(lambda a, b: a @ b, np.ones((2, 3)), np.ones((3, 2))),
    "extremes": lambda: draw(Tensor([np.nan, -1.23456e-300, np.inf, 0.1], label="x") * 1e300),
    "wide letters": lambda: draw(labelled("WWWWWWWWMMMMMMMM@%")),
    "hostile": lambda: draw(labelled(HOSTILE)),
    "accents": lambda: draw(labelled("Ünïcödé λαβελ")),
    "Chinese": lambda: draw(labelled("日本語のラベル")),
    "emoji": lambda: draw(labelled("😀😀😀")),
}


@pytest.mark.parametrize("font", ["DejaVu Sans", "sans-serif"])
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_leaves_its_box(page, tmp_path, name, font):
    svg = PICTURES[name]().svg().replace('font-family="Helvetica,', f'font-family="{font},')
    assert font in svg
    file = tmp_path / "picture.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><body>{svg}", encoding="utf-8")
    page.open(file)
    texts = page.run(OVERFLOWS)
    assert len(texts) > 4
    assert [(text, over) for text, over in texts if over > -AIR] == []
