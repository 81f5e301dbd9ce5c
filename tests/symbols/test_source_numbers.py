"""`source` of programs of numbers: `math` alone, and every bit of what backward gives."""

import math
import struct
import subprocess
import sys

import pytest
from graphs import value_graphs
from hypothesis import given, strategies as st
from printed import run
from strategies import float_positions, rows_of_engine

import engine as E
import nn  # noqa: F401 - whose neurons are tried too
from engine import Value, toposort

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e200, math.inf, -math.inf, math.nan, 710.0, 1e-9]
ONE_INPUT = [(op, given) for op, given in rows_of_engine() if op.n_inputs == 1]


def bits(numbers):
    """Numbers as bytes, any nan as one."""
    return [struct.pack("d", math.nan if x != x else x) for x in numbers]


def check(f, numbers, order):
    """The text of f gives, bit for bit, what backward and hvp give."""
    nodes = [Value(x) for x in numbers]
    y = f(*nodes)
    y.backward()
    expected = [y.data, *(x.grad for x in nodes)]
    if order == 2 and len(numbers) == 1:
        expected.append(E.grad(E.grad(f))(*numbers))
    elif order == 2:
        expected += E.hvp(f, tuple(numbers), (1.0,) * len(numbers))
    text = E.source(f, *numbers, order=order)
    found = run(text)
    assert [type(x) for x in found] == [float] * len(found)
    assert bits(found) == bits(expected), text
    return text


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(("op", "given"), rows_of_engine(), ids=str)
def test_rows_are_written_to_the_last_bit(op, given, order):
    count = op.n_inputs
    for k in range(len(SPECIAL) * (1 if count == 1 else 3)):
        numbers = [
            SPECIAL[(k + 5 * i * (k // len(SPECIAL) + 1)) % len(SPECIAL)] for i in range(count)
        ]
        check(lambda *x: op(*x, **given), numbers, order)
        check(lambda *x: op(*x, **given) * x[0] + x[-1], numbers, order)
    assert float_positions(op)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", ["linear_neuron", "relu_neuron"])
@pytest.mark.parametrize("bias", [-0.25, 3.0])
def test_neurons_are_written_as_sums(name, bias, order):
    text = check(E.registry[name], [1.0, 2.0, -0.5, -0.75, bias], order)
    assert "neuron(" not in text


@given(value_graphs())
def test_random_graphs_are_written_to_the_last_bit(root):
    leaves = [x for x in toposort(root) if x.op is None and x.requires_grad]
    root.backward()
    text = E.source(root)
    assert bits(run(text)) == bits([root.data, *(x.grad for x in leaves)]), text


@given(st.sampled_from(ONE_INPUT), st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=5))
def test_rules_with_choices_are_written_to_the_last_bit_at_any_number(row, numbers):
    """arccosh, with abs() in its rule, was called with NumPy's floats, by another formula."""
    op, given = row
    text = E.source(lambda x: op(x, **given), 1.4)
    for number in numbers:
        x = Value(number)
        y = op(x, **given)
        y.backward()
        try:
            found = run(text, {"x": number})
        except (ArithmeticError, ValueError):  # plain Python's, at numbers it was not written for
            continue
        assert bits(found) == bits([y.data, x.grad])


def readme(a, b):
    c = a + b
    d = a * b + b**3
    c += c + 1
    d += d * 2 + (b + a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


PRINTED = """\
def readme_and_gradients(a, b):
    # forward
    c = a + b
    d = a * b + b ** 3
    c_2 = c + (c + 1)
    v1 = b + a
    v2 = 0.0 if v1 <= 0 else v1
    d_2 = d + (d * 2 + v2)
    e = c_2 - d_2
    f = e ** 2
    g = f / 2
    v3 = 10 / f
    g_2 = g + v3
    # backward
    d_e = (-1 * v3 / f + 0.5) * 2 * e                # pow
    d_d = -d_e                                       # sub
    d1 = d_d if v2 != 0 else 0.0                     # relu
    d_d_2 = d_d + d_d * 2                            # mul
    d_c = d_e + d_e                                  # add
    d_a = d1 + d_d_2 * b + d_c                       # add
    d_b = d1 + d_d_2 * 3 * b ** 2 + d_d_2 * a + d_c  # add
    return g_2, d_a, d_b
"""


def test_a_program_of_numbers_reads_as_it_was_written():
    assert E.source(readme, -4.0, 2.0) == PRINTED
    check(readme, [-4.0, 2.0], 1)


def test_what_is_computed_anyhow_is_computed_once():
    text = E.source(lambda x: E.silu(x) * E.sigmoid(x), 0.5)
    assert text.count("exp(") == 1
    assert "from math import exp\n" in text


def test_the_text_runs_in_a_fresh_interpreter_with_math_alone():
    def f(x, y):
        return E.gelu(x) * E.logaddexp(x, y) / E.hypot(x, y)

    text = check(f, [0.5, -1.5], 1)
    program = (
        f"import sys\n{text}\nprint({text.name}(0.5, -1.5))\nassert 'numpy' not in sys.modules"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == str(run(text))


def test_where_python_raises_the_text_has_what_ieee_754_says():
    text = E.source(lambda a, b: E.log(a) / b + E.exp(b + 1000), 0.0, 0.0)
    assert text.startswith("from math import exp, log\nimport numpy as np\n\ndef log_(")
    assert "\ndef div(x0, x1):" in text
    assert run(text)[:2] == (math.nan, -math.inf) or math.isnan(run(text)[0])
    assert "def " not in E.source(lambda a, b: a / b, 1.0, 2.0)[4:].replace("def f_and", "")


def test_functions_of_math_are_no_names_of_variables():
    text = E.source(lambda exp, e: E.exp(exp) * e, 1.0, 2.0)
    assert list(text.arguments) == ["exp_", "e"]
    assert run(text)[0] == math.e * 2
