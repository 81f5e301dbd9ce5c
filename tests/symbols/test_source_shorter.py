"""What a printed program leaves out: shapes, signs and constants that say nothing."""

import re

import numpy as np
import pytest
from printed import agrees, run

import engine as E


def lines_of(text):
    """The lines of a text, without what is behind them."""
    return [re.sub(r"(\S) +# .*", r"\1", line).strip() for line in text.splitlines()]


def test_no_function_is_printed_for_what_broadcasting_did_to_a_number():
    text = agrees(lambda x, b: ((x + b) ** 2).sum(), [np.ones((3, 2)), np.array(0.5)])
    assert "d_b = d_x.sum()" in lines_of(text)
    assert text.count("def ") == 1


def test_a_reshape_of_a_reshape_is_one_or_none():
    x = np.ones((3, 2))
    text = agrees(lambda x: (x.reshape(6).reshape(3, 2) ** 2).sum(), [x])
    assert "reshape" not in text
    text = agrees(lambda x: (x.reshape(6).reshape(2, 3) ** 3).sum(), [x])
    assert "v1 = x.reshape(2, 3)" in lines_of(text)
    assert text.count("def ") == 1


def test_a_sign_on_a_sign_is_none():
    text = agrees(lambda x: (-1.0 * (-x)).sum(), [np.array([1.0, 2.0])])
    assert "v1 = x.sum()" in lines_of(text)


def test_answers_of_arrays_are_joined_by_operators():
    text = agrees(
        lambda x: E.where((x > 0) & (x < 2) | (x == 5), x, 2 * x).sum(), [np.array([1.0, 3.0])]
    )
    assert "logical" not in text
    assert "v3 = v1 & v2" in lines_of(text)


def as_on_values(f, at):
    """The text of f, after what it gives was found to be what Values compute, to the bit."""
    text = E.source(f, at)
    for number in (at, 1.5 * at):
        x = E.Value(number)
        y = f(x)
        y.backward()
        assert run(text, {"x": number}) == (y.data, x.grad)
    return text


@pytest.mark.parametrize("number", [np.float64(2.5), np.float32(0.1), np.int64(3)])
def test_a_number_of_numpys_is_a_number_among_numbers(number):
    text = as_on_values(lambda x: x * number + number / x, 2.0)
    assert "np." not in text
    assert f"v1 = x * {number.item()}" in lines_of(text)


def test_a_power_of_a_number_does_not_ask_whether_that_is_0():
    text = as_on_values(lambda x: 2**x, 3.0)
    assert "d_x = v1 * 0.6931471805599453" in lines_of(text)


@pytest.mark.parametrize("f", [lambda x: x + 1.0, lambda x: E.relu(x) * 1.0, lambda x: x])
def test_each_gradient_stands_in_its_half(f):
    text = E.source(f, 2.0, order=2)
    lines = lines_of(text)
    first, second = (lines.index(f"# backward{again}") for again in ("", " again"))
    gradient = next(i for i, line in enumerate(lines) if line.startswith("d_x ="))
    assert first < gradient < second < lines.index("dd_x = 0.0")
    assert run(text)[1:] == (1.0, 0.0)


def test_what_flows_back_to_a_part_is_put_in_its_place():
    x = np.arange(12.0).reshape(4, 3)
    text = agrees(lambda x: (x[1:] ** 2).sum() + (x[:, 1] * x[0, 0]).sum(), [x])
    assert "np.pad(d5, [(1, 0), (0, 0)])" in text
    assert "np.pad(d1.reshape(4, 1), [(0, 0), (1, 1)])" in text
    assert text.count("def ") == 1
