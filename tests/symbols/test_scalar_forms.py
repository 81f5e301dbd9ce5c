"""What a function of floats comes to in names, and what is asked with numbers instead."""

import inspect
import math
from math import exp

import numpy as np
import pytest

import engine
from engine import Op, Tensor, Value
from engine.showing import formula, rule_formula
from engine.symbols import Names, Term, Trace, followed
from viz.stepping.rule_source import rule_source


def form(function):
    """The function of x as text."""
    x = Term.named("x", Names())
    return str(x.of(followed(function, x)))


def gradient(op, number, **params):
    """The result and the gradient of an op at one number."""
    x = Value(number)
    y = op(x, **params)
    y.backward()
    return y.data, x.grad


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (engine.tanh, "tanh(x)"),
        (lambda x: exp(x) * 2, "exp(x) * 2"),
        (lambda x: 7 // x, "7 // x"),
        (lambda x: 7 % x, "7 % x"),
        (lambda x: 2**x, "2 ** x"),
        (lambda x: (x > 1) | (x < 0), "(x > 1) | (x < 0)"),
        (lambda x: 1.0 if (x > 1) | (x < 0) else x, "1.0 if (x > 1) | (x < 0) else x"),
        (lambda x: 1.0 * x / 1.0 + x * 1.0, "x + x"),
        (lambda x: 1.0 * (x > 1), "1.0 * (x > 1)"),  # a float, which x > 1 is not
        (lambda x: 1 * x, "1 * x"),
        (engine.sign, "1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else x"),
    ],
)
def test_a_function_of_floats_is_written_as_it_stands(function, text):
    assert form(function) == text
    for x in (0.5, 2.0, -3.0):
        assert eval(text, {"tanh": math.tanh, "exp": exp, "x": x}) == function(x)


def test_infinities_and_nan_are_written_by_name():
    text = form(lambda x: math.inf if x > 1 else -math.inf if x < 0 else math.nan)
    assert text == "inf if x > 1 else -inf if x < 0 else nan"


def test_a_choice_between_two_of_the_same_is_none():
    assert form(lambda x: -x if x > 1 else -x) == "-x"  # noqa: RUF034


def test_the_truth_of_a_name_outside_a_function_is_refused():
    x = Term.named("x", Names())
    with pytest.raises(TypeError, match="truth of a Term outside a function"):
        bool(x > 0)
    with pytest.raises(TypeError, match="an array of a Term"):
        np.asarray(x)


def test_a_name_that_is_taken_gets_a_number():
    """A parameter t, where the text has a t of its own."""
    op = Op("stretched", lambda x, t=2.0: x * t, (lambda g, y, x, t: g * t,), scalar=_stretched)
    assert "t_2 = params['t']" in op.source
    assert gradient(op, 3.0, t=4.0) == (12.0, 4.0)
    names = Names(taken=["t", "t_2"])
    assert names.of(exp, "t") == names.of(exp, "t") == "t_3"
    assert names.of(math.sin, "t") == "t_4"


def _stretched(x, t=2.0):
    return x * t


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, y, x: g * np.asarray(x) * 2,
        lambda g, y, x: g * engine.sum(x) * 2,
    ],
)
def test_a_rule_that_looks_at_numbers_is_called_with_them(rule):
    op = Op("squared", lambda x: x * x, (rule,), scalar=lambda x: x * x)
    assert "push = push_any" in op.source
    assert "node._held = x * x" in op.source
    assert gradient(op, 3.0) == (9.0, 6.0)


def test_a_function_with_too_many_questions_is_called():
    def steps(x):
        for i in range(20):
            if x < i:
                return i * x
        return x

    op = Op("steps", steps, (lambda g, y, x: g,), scalar=steps)
    assert "y = steps(x)" in op.source
    assert [op(Value(x)).data for x in (-1.0, 2.5, 30.0)] == [0.0, 7.5, 30.0]


def test_questions_of_numpy_are_recorded_on_symbols():
    a = Trace().input(2.0, "a")
    for question in (np.isnan, np.isfinite, np.signbit):
        y = question(a)
        assert (y.op.name, y.inputs) == (question.__name__, (a,))


def test_a_bound_that_is_an_array_of_no_axes_is_a_number():
    y = engine.clip(Value(2.0), min=np.array(-1.0), max=np.array(1.5))
    assert (type(y), y.data) == (Value, 1.5)


# --- rules as the stepper shows them ---


def test_of_a_rule_for_all_inputs_the_part_of_one_is_shown():
    both = lambda g, y, a, b: (g * b, g * a)  # noqa: E731
    op = Op("times", lambda a, b: a * b, (None, None), vjp_all=both)
    assert [rule_source(op, i) for i in (0, 1)] == ["g * b", "g * a"]


def test_of_a_rule_without_positions_the_line_is_shown():
    rule = lambda g, y, x: g * 5  # noqa: E731
    rule.__code__ = rule.__code__.replace(co_linetable=b"")
    op = Op("five", lambda x: x * 5, (rule,))
    assert rule_source(op, 0) == "rule = lambda g, y, x: g * 5 # noqa: E731"


def test_a_line_that_holds_no_lambda_is_not_shown_as_a_rule():
    elsewhere = eval(compile("lambda g, y, x: g", inspect.getsourcefile(form), "eval"))
    elsewhere.__code__ = elsewhere.__code__.replace(co_firstlineno=4)
    assert rule_source(Op("same", lambda x: x, (elsewhere,)), 0) == "<lambda>(g, y, …)"


def test_a_rule_that_is_one_number_is_that_number():
    op = Op("flat", lambda x: x * 0, (lambda g, y, x: 0.25,))
    for x in (Value(2.0), Tensor(2.0, requires_grad=True)):
        assert rule_formula(op(x), 0, {"g": "g", "y": "y", 0: "x"}) == "0.25"


def test_a_leaf_without_a_name_is_its_number():
    assert formula(Value(-2.0) * Value(3.0), lambda node: None) == "−2 × 3"
