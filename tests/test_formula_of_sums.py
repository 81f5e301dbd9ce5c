"""How long sums are written: the first terms and the last one, never a row of ellipses."""

import numpy as np

from engine import Tensor, Value, dot
from engine.showing.formula import formula
from viz import steps
from viz.stepping.elements import Elements


def written(node, **options):
    return formula(node, lambda x: x.label or None, **options)


def numbers(letter, count):
    return [Value(1.0, label=f"{letter}{i}") for i in range(count)]


def test_a_sum_that_fits_is_written_out():
    assert written(sum(numbers("x", 9)[1:], numbers("x", 1)[0])) == " + ".join(
        f"x{i}" for i in range(9)
    )


def test_a_long_sum_has_its_first_terms_and_its_last():
    total = dot(numbers("w", 30), numbers("x", 30)) + Value(0.5, label="b")
    text = "w0 × x0 + w1 × x1 + w2 × x2 + w3 × x3 + … + b"
    assert written(total, limit=16) == text


def test_terms_that_are_left_out_are_one_ellipsis():
    terms = [(a * b) * (a + b) for a, b in zip(numbers("w", 8), numbers("x", 8), strict=True)]
    assert written(sum(terms[1:], terms[0]), limit=8) == (
        "w0 × x0 × (w0 + x0) + w1 × x1 × (w1 + x1) + … × … + …"
    )


def test_a_sum_in_a_sum_that_has_a_name_is_one_term():
    a, b = numbers("x", 2)
    h = a + b
    h.label = "h"
    assert written(h + a) == "h + x0"


def test_an_element_of_a_wide_layer_shows_its_terms():
    x = Tensor(np.ones((1, 40)), label="x")
    w = Tensor(np.ones((40, 1)), requires_grad=True, label="w")
    parts = Elements(next(iter(steps(x @ w)))).parts((0, 0))
    first = " + ".join(f"x[0,{i}] × w[{i},0]" for i in range(4))
    assert parts[1] == f"{first} + … + x[0,39] × w[39,0]"
