"""docs/explanation: each line of the tables of kinks is so; the design's picture is today's."""

import math
import re

import numpy as np
import pytest
from pages import text_of

import engine
from engine import Tensor, Value
from nn import functional

# --- kinks ---

ROWS = re.findall(
    r"^\| `(.+?)` \| ([-\d.\[\], ]+) \| (.+?) \| (.+?) \|$",
    text_of("docs/explanation/kinks.md"),
    re.MULTILINE,
)
NAMES = ("where", "maximum", "minimum", "atan2", "hypot", "sinc", "xlogy", "topk")
NUMBERS = {"inf": math.inf, "nan": math.nan}


def names_of(library, functional):
    return {name: getattr(library, name) for name in NAMES} | {"F": functional}


def says(cell):
    return np.array(eval(cell, NUMBERS), dtype=float)


def id_of(row):
    return f"{row[0]} at {row[1]}"


def test_every_line_of_the_tables_is_read():
    lines = re.findall(r"^\| `(?!y =)", text_of("docs/explanation/kinks.md"), re.MULTILINE)
    assert len(ROWS) == len(lines) > 35


@pytest.mark.parametrize("row", ROWS, ids=id_of)
def test_the_gradient_is_what_the_page_says(row):
    code, at, here, _ = row
    x = Tensor(eval(at), requires_grad=True)
    with np.errstate(all="ignore"):
        eval(code, names_of(engine, functional) | {"x": x}).sum().backward()
    np.testing.assert_array_equal(x.grad, says(here))


@pytest.mark.parametrize("row", [row for row in ROWS if "[" not in row[1]], ids=id_of)
def test_a_value_has_the_same_gradient(row):
    code, at, here, _ = row
    x = Value(float(at))
    eval(code, names_of(engine, functional) | {"x": x}).backward()
    np.testing.assert_array_equal(x.grad, says(here))


def test_pytorch_has_the_gradients_that_the_page_says_it_has():
    torch = pytest.importorskip("torch")
    names = names_of(torch, torch.nn.functional)
    for code, at, _, there in ROWS:
        x = torch.tensor(eval(at), dtype=torch.float64, requires_grad=True)
        eval(code, names | {"x": x}).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), says(there), rtol=1e-15, err_msg=code)


# --- the picture of the design ---


def test_the_picture_of_the_design_shows_the_words_of_its_text():
    words = re.findall(r'label="(.+?)"', text_of("docs/explanation/readers.dot"))
    lines = {line for label in words for line in label.split("\\n")}
    shown = set(re.findall(r"<text[^>]*>(.*?)</text>", text_of("docs/explanation/readers.svg")))
    assert shown == lines
