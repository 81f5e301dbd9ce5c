"""Every elementwise rule is g times the derivative of its forward: proved, not only tried.

The rule is run on names and so writes itself down; SymPy differentiates the forward; their
difference must simplify to 0 in every region between the row's kinks, whatever the parameters, and
on the whole domain.  The second order needs no proof of its own: rules consist of rows.
"""

import itertools

import numpy as np
import pytest
import sympy
from strategies import PARAMETERS
from to_sympy import BY_HAND, WrongRow, prove

import engine
import nn  # noqa: F401 - its rows are proved too
from engine import Interval, elementwise, registry

# gelu's rule takes a tangent for the curve near 0, and far out its limits, 0 and 1
_GELU = [[Interval(*ends)] for ends in ((-40.0, -2.0), (-3.0, -1e-5), (1e-5, 3.0), (2.0, 40.0))]
#: Rows (with these parameters) that are not to be proved on the whole domain: where they are.
NOT_EVERYWHERE = {
    "gelu(approximate='none')": _GELU,
    "gelu(approximate='tanh')": _GELU,
    # near 0 a sum of 10 terms in place of one that has no digits there
    "sinc()": [[Interval(-4.0, -0.25)], [Interval(0.25, 4.0)]],
    # near 0 and 1 logarithms end at -100, and the slope at 1e12, as in PyTorch
    "binary_cross_entropy()": [[Interval(1e-11, 1 - 1e-11), Interval(0.0, 1.0)]],
}
#: Parameters beside which an input's place cannot be stated if they may be any number.
AS_TRIED = {("logit", "eps")}


def settings_of(op):
    """What each parameter is to be: its default, any number; a text or a count as it is tried."""
    choices = []
    for name, default in op.defaults.items():
        if isinstance(default, str | int) or (op.name, name) in AS_TRIED:
            others = [given[name] for given in PARAMETERS[op.name]]
        else:
            others = [sympy.Symbol(name, real=True)]
        choices.append([(name, value) for value in (default, *others)])
    return [dict(chosen) for chosen in itertools.product(*choices)]


def case_id(op, params):
    return f"{op.name}({', '.join(f'{name}={value!r}' for name, value in params.items())})"


ROWS = [op for op in registry.values() if op.kind == "elementwise"]
CASES = {case_id(op, params): (op, params) for op in ROWS for params in settings_of(op)}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_g_times_the_derivative_of_its_forward(case):
    op, params = CASES[case]
    for domain in NOT_EVERYWHERE.get(case, [op.domain]):
        prove(op, params, domain)


def test_only_rows_that_exist_are_excused():
    assert set(CASES) >= set(NOT_EVERYWHERE)


@pytest.mark.parametrize("case", NOT_EVERYWHERE)
def test_a_row_is_excused_only_where_it_is_no_derivative(case):
    # proved after all: take it off the list, which only shrinks
    with pytest.raises((TypeError, ValueError, WrongRow)):
        prove(*CASES[case])


# --- what must be refused ---


@pytest.mark.parametrize("case", CASES)
def test_a_rule_with_something_added_is_refused(case, monkeypatch):
    op, params = CASES[case]
    for i, rule in enumerate(op.vjps):
        if rule is not None:
            wrong = [*op.vjps]
            wrong[i] = lambda g, y, *inputs, rule=rule, **named: rule(g, y, *inputs, **named) + g
            monkeypatch.setattr(op, "vjps", tuple(wrong))
            with pytest.raises(WrongRow):
                prove(op, params, NOT_EVERYWHERE.get(case, [op.domain])[-1])
            monkeypatch.undo()


@pytest.mark.usefixtures("own_ops")
def test_a_wrong_rule_is_refused_with_both_formulas():
    wrong = elementwise("wrong", np.tanh, lambda g, y, x: g * (1 + y * y))
    with pytest.raises(WrongRow) as refused:
        prove(wrong, {})
    assert str(refused.value) == (
        "wrong, input x, everywhere: the rule says g*(tanh(x)**2 + 1), "
        "but g times the derivative of tanh(x) is g*(1 - tanh(x)**2)"
    )


@pytest.mark.usefixtures("own_ops")
def test_a_rule_wrong_on_one_side_of_a_kink_is_refused():
    one_sided = elementwise("one_sided", np.abs, lambda g, y, x: g * engine.where(x > 0, 1.0, 0.0))
    with pytest.raises(WrongRow, match=r"where x = -_p: the rule says 0, but .* of -x is -g"):
        prove(one_sided, {})


@pytest.mark.usefixtures("own_ops")
def test_a_rule_wrong_where_an_input_is_beyond_a_number_is_refused():
    far = elementwise("far", np.sin, lambda g, y, x: g * engine.where(x > 1e6, 0.0, engine.cos(x)))
    with pytest.raises(WrongRow, match=r"where x = _p \+ 1000000: the rule says 0"):
        prove(far, {})


@pytest.mark.usefixtures("own_ops")
def test_a_rounded_constant_must_be_the_true_one_to_the_last_digits():
    near = elementwise("near", np.exp2, lambda g, y, x: g * y * 0.693147180559)
    with pytest.raises(ValueError, match=r"0\.693147180559 is no constant that is known exactly"):
        prove(near, {})


@pytest.mark.usefixtures("own_ops")
def test_a_rule_right_for_another_forward_is_refused(monkeypatch):
    monkeypatch.setitem(BY_HAND, "third", lambda x: x / 3)
    third = elementwise("third", lambda x: x / 2, lambda g, y, x: g / 3)
    with pytest.raises(WrongRow, match=r"third\(0\.31,\) is 0\.155, but x/3 is 0\.103"):
        prove(third, {})


@pytest.mark.usefixtures("own_ops")
def test_a_rule_that_is_a_number_is_refused():
    constant = elementwise("constant", np.exp, lambda g, y, x: 3.0)
    with pytest.raises(WrongRow, match=r"the rule says 3, but .* of exp\(x\) is g\*exp\(x\)"):
        prove(constant, {})


@pytest.mark.usefixtures("own_ops")
def test_an_input_without_a_rule_to_which_a_gradient_flows_is_refused():
    lost = elementwise("lost", np.multiply, lambda g, y, a, b: g * b, None)
    with pytest.raises(WrongRow, match=r"input b, .*no rule, but the derivative of a\*b is a$"):
        prove(lost, {})


@pytest.mark.usefixtures("own_ops")
def test_a_new_row_with_regions_between_numbers_and_parameters_is_proved():
    def ramp(x, low=-1.0, high=1.0):
        return np.minimum(np.maximum(x, low), high)

    def slope(g, y, x, low, high):
        return engine.where((x < low) | (x > high), 0.0, g)

    op = elementwise("ramp", ramp, slope, domain=Interval(-3.0, 3.0))
    assert prove(op, {"low": -1.0, "high": 1.0}) == 3
