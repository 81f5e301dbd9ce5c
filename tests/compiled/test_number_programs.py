"""A graph of numbers run as plain floats gives what Values give, to the last bit."""

import math
import subprocess
import sys

import pytest
from random_numbers import bits, drawn, drawn_program, eager, number_program, rng_of

import engine
from engine import grad
from engine.core import PYTHON_RAISES
from engine.number_programs import NumberProgram
from engine.symbols import program


@pytest.mark.parametrize("seed", range(120))
def test_a_drawn_program_is_what_values_give_or_raises(seed):
    rng = rng_of(seed)
    leaves = rng.randint(1, 4)
    f = drawn_program(rng, leaves, rng.choice([rng.randint(1, 12), rng.randint(30, 80)]))
    args = [drawn(rng) for _ in range(leaves)]
    compiled = number_program(f, *args)
    for _ in range(3):
        try:
            found = compiled.run(args)
        except PYTHON_RAISES:  # as where IEEE 754 answers inf or nan
            found = None
        assert found is None or bits(found) == bits(eager(f, *args))
        args = [drawn(rng) for _ in range(leaves)]


TIES = [
    lambda a, b: engine.maximum(a, b) * engine.relu(a),
    lambda a, b: engine.minimum(a, b) + abs(a) * engine.sign(b),
    lambda a, b: engine.where(a > b, a * a, b * 3),
    lambda a, b: engine.clip(a, -1.0, 1.0) * (1.0 * b),
    lambda a, b: (a - b) ** 2 + (b + 0.0) * (-a),
    lambda a, b: engine.where((a > 0) & ~(b > 0) | (a == b), a, -b),
    lambda a, b: engine.where(a != 0, a, 1) * b,
]


@pytest.mark.parametrize("f", TIES)
def test_ties_signed_zeros_and_what_is_not_finite_are_as_on_values(f):
    special = [0.0, -0.0, 1.0, -1.0, 2.5, math.inf, -math.inf, math.nan]
    compiled = number_program(f, 1.5, -0.5)
    for a in special:
        for b in special:
            assert bits(compiled.run([a, b])) == bits(eager(f, a, b))


@pytest.mark.parametrize(
    ("f", "good", "bad"),
    [
        (lambda x: 1 / x, 2.0, 0.0),
        (engine.exp, 1.0, 1000.0),
        (engine.log, 2.0, 0.0),
        (engine.sqrt, 4.0, -1.0),
        (lambda x: x**0.5, 4.0, -2.0),
        (lambda x: 2 * x**0.5 * x, 4.0, -2.0),
        (lambda x: x**-1, 4.0, 0.0),
        (lambda x: x**x, 4.0, -0.5),
    ],
)
def test_where_python_raises_or_answers_with_a_complex_number_the_program_raises(f, good, bad):
    compiled = number_program(f, good)
    assert bits(compiled.run([good])) == bits(eager(f, good))
    with pytest.raises(PYTHON_RAISES):
        compiled.run([bad])
    assert bits(compiled.run([good])) == bits(eager(f, good))


def test_a_whole_exponent_needs_no_look_at_the_result():
    assert "float" not in number_program(lambda x: x**2 + x**-1, 2.0).source


def test_arguments_and_results_are_floats_or_lists_of_them():
    traced = program(lambda w, x: w[0] * x + w[1], [2.0, 3.0], 4.0)
    w, x = traced.arguments.values()
    y = traced.result
    compiled = NumberProgram("f", [w, x], [y, [y, x, 7], 5], y, [x, w])
    assert compiled.run([[2.0, 3.0], 4.0]) == [11.0, [11.0, 4.0, 7.0], 5.0, 2.0, [4.0, 1.0]]


def test_without_a_root_there_are_no_gradients():
    traced = program(lambda x: x * x, 3.0)
    compiled = NumberProgram("f", [*traced.arguments.values()], [traced.result])
    assert compiled.run([4.0]) == [16.0]
    assert compiled.function(4.0) == (16.0,)


def test_what_root_does_not_depend_on_has_the_gradient_zero():
    traced = program(lambda x, y: x * x, 3.0, 1.0)
    x, y = traced.arguments.values()
    compiled = NumberProgram("f", [x, y], [], traced.result, [y, x])
    assert compiled.run([4.0, 2.0]) == [0.0, 8.0]


def test_no_two_results_are_one_list_nor_an_argument():
    traced = program(lambda w: w[0] * w[1], [2.0, 3.0])
    (w,) = traced.arguments.values()
    ys = [one * one for one in w]
    compiled = NumberProgram("f", [w], [w, w, ys, ys])
    given = [2.0, 3.0]
    results = compiled.run([given])
    assert results == [[2.0, 3.0], [2.0, 3.0], [4.0, 9.0], [4.0, 9.0]]
    assert len({id(one) for one in [given, *results]}) == 5


def test_gradients_that_are_graphs_come_as_outputs():
    f = grad(lambda x: engine.tanh(x) * x * x)
    traced = program(f, 0.5)
    arguments = [*traced.arguments.values()]
    compiled = NumberProgram("f", arguments, [traced.result], traced.result, arguments)
    for x in (0.5, -1.25, 3.0):
        assert [f(x), grad(f)(x)] == pytest.approx(compiled.run([x]), rel=1e-14)


def test_what_is_only_called_is_printed_above_and_says_what_values_say():
    def f(x):
        return engine.digamma(x) * x

    compiled = number_program(f, 2.0)
    for x in (2.211, 0.3, -1.5, 30.0):
        assert bits(compiled.run([x])) == bits(eager(f, x))


def test_the_text_runs_alone():
    def f(x, y):
        return engine.digamma(x) * y + engine.erf(y)

    compiled = number_program(f, 2.0, 0.5)
    text = f"{compiled.source}\nprint(f(2.5, 0.25))"
    run = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True)
    assert f"{compiled.function(2.5, 0.25)}\n" == run.stdout


@pytest.mark.parametrize("label", ["f", "float", "for", "exp", "np", "i", "v1", "d_x", "a b"])
def test_a_name_that_the_text_needs_otherwise_is_no_argument(label):
    traced = program(lambda x: engine.exp(x) * x, 1.0)
    (x,) = traced.arguments.values()
    x.label = label
    compiled = NumberProgram("f", [x], [traced.result], traced.result, [x])
    assert bits(compiled.run([0.5])) == bits(eager(lambda x: engine.exp(x) * x, 0.5))
