r"""Rows as formulas: $y = \tanh x$, $\frac{\partial L}{\partial x} = g\,(1 - y^2)$.

A row's forward and its rules are run on names, and the graphs that they make are written down.
"""

from __future__ import annotations

import inspect
from typing import Any

from ..core import Op
from ..readable import Readable
from ..signatures import input_names
from .mathematics import SHORT_FOR, Writer
from .notations import LaTeX, Notation
from .tracing import Trace


def latex(op: Op) -> str:
    r"""A row as formulas in LaTeX: its forward, and what each rule adds to an input's gradient.

    In them L is the final result and g is ∂L/∂y; what an op on whole arrays does is no formula of
    numbers: "".

    >>> import engine
    >>> from engine.symbols import latex
    >>> print(latex(engine.tanh))
    \begin{aligned} y &= \tanh x \\ \frac{\partial L}{\partial x} &= g\,(1 - y^{2}) \end{aligned}
    """
    lines = [f"{left} &= {right}" for left, right in formulas(op, LaTeX())]
    rows = r" \\ ".join(lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}" if lines else ""


Readable.to_latex = latex


def formulas(op: Op, notation: Notation) -> list[tuple[str, str]]:
    r"""Left and right sides: the forward, then the rule of each input that a gradient flows to.

    Parameters are names too.  A row that looks at numbers is written with its defaults, if that
    helps it, else by name: ∂L/∂x = g ∂y/∂x.

    >>> import engine
    >>> formulas(engine.mul, LaTeX())[1]
    ('\\frac{\\partial L}{\\partial a}', 'g\\,b')
    """
    if op.kind != "elementwise" or op.variadic:
        return []
    trace = Trace()
    trace.recorded = True  # of ops alone: not what a rule does for speed with numbers
    names = argument_names(op)
    g, y, *inputs = [trace.input(0.5, name) for name in names]
    rules = {x: op.rule(i) for i, x in enumerate(names[2:]) if op.vjps[i] is not None}
    params = {
        name: default if isinstance(default, str) else trace.input(0.5, name)
        for name, default in op.defaults.items()
    }
    parts = [_written(notation, rule, g, y, *inputs, **params) for rule in rules.values()]
    if None in parts:
        params = op.defaults
        parts = [_written(notation, rule, g, y, *inputs, **params) for rule in rules.values()]
    result = _written(notation, SHORT_FOR.get(op.name, op.forward), *inputs, **params)
    lines = [(notation.name(names[1]), result or Writer(notation).call(op, inputs, {}).text)]
    for x, part in zip(rules, parts, strict=True):
        factors = notation.name(names[0]), notation.space, _slope(notation, names[1], x)
        lines.append((_slope(notation, "L", x), part or notation.row(*factors)))
    return lines


def rule_formulas(op: Op, notation: Notation) -> dict[int, str]:
    """The right sides of the rules, by the number of the input; none of an op on whole arrays.

    >>> import engine
    >>> rule_formulas(engine.sub, LaTeX())
    {0: 'g', 1: '-g'}
    """
    flowing = [i for i, rule in enumerate(op.vjps) if rule is not None]
    rights = [right for _, right in formulas(op, notation)[1:]]
    return dict(zip(flowing, rights, strict=False))


def _written(notation: Notation, function: Any, *inputs: Any, **params: Any) -> str | None:
    """What a function of a row makes of names; None where it looks at the numbers behind them."""
    try:
        return Writer(notation).written(function(*inputs, **params)).text
    except Exception:  # a row may fail in any way where a name has no number
        return None


def _slope(notation: Notation, of: str, along: str) -> str:
    """∂of/∂along."""
    d = notation.sign("∂")
    return notation.fraction(
        notation.row(d, notation.name(of)), notation.row(d, notation.name(along))
    )


def argument_names(op: Op) -> list[str]:
    """What a rule calls the upstream gradient, the result and the inputs: as its row is written."""
    rule = next((rule for rule in op.vjps if rule is not None), None)
    try:
        parameters = [*inspect.signature(rule).parameters.values()]  # type: ignore[arg-type]
    except (TypeError, ValueError):  # no rule at all, or one in C
        parameters = []
    named = [p.name for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD]
    count = 2 + op.n_inputs
    return named[:count] if len(named) >= count else ["g", "y", *input_names(op)]
