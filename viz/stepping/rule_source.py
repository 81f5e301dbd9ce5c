"""The rule of an edge as it stands in the source: `g * (1 - y * y)`."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from typing import Any

import numpy as np

from engine import Node, Op
from engine.symbols import MathML, rule_formulas, rule_of_arrays

from .branches import source_run

LONGEST = 30  # lines of a rule that is a whole function


def rule_source(op: Op, index: int) -> str:
    """What the row of `op` says about input `index`, word for word.

    The body of a lambda on one line; of any longer function the whole text without its docstring;
    of a compiled function the program of its gradients.

    >>> import engine
    >>> rule_source(engine.tanh, 0)
    'g * (1 - y * y)'
    >>> rule_source(engine.mul, 1)
    'g * a'
    """
    if (written := getattr(op.vjp_all, "source", None)) is not None:  # of a compiled function
        return _short(written)
    if op.vjp_all is not None:
        return _read(op.vjp_all, None if op.variadic else index)
    rule = op.vjps[0 if op.variadic else index]
    return "no gradient flows here" if rule is None else _read(rule, None)


def rule_run(node: Any, index: int, upstream: Any) -> str:
    """The same for one edge: of a function that decides, what runs for this node's numbers.

    >>> from engine import Tensor
    >>> y = Tensor([[1.0]], requires_grad=True) @ Tensor([[2.0]])
    >>> print(rule_run(y, 0, y.numpy()))
    def _matmul_vjp_a(g: Any, y: Any, a: Any, b: Any) -> Any:
        if a.ndim == b.ndim == 2:  # the commonest, first
            return g @ b.T
        # … not run here
    """
    op = node.op
    whole = rule_source(op, index)
    if "\n    if " not in whole or hasattr(op.vjp_all, "source"):
        return whole
    rule = op.vjp_all or op.rule(index)
    given = [x.data if isinstance(x, Node) else x for x in (node, *node.inputs)]
    with np.errstate(all="ignore"):
        written = inspect.unwrap(getattr(rule, "func", rule))  # what a decorator runs
        run = source_run(written, lambda: rule(upstream, *given, **node.params))
    return _short(run)


@functools.cache
def _read(rule: Any, part: int | None) -> str:
    rule = inspect.unwrap(rule)
    try:
        lines, first = inspect.findsource(rule)
        code = rule.__code__
    except (OSError, TypeError, AttributeError):  # typed at a prompt, or not a Python function
        return _name(rule)
    if code.co_name != "<lambda>":
        return _function(rule)
    source = "".join(lines)
    for node in _lambdas(source):
        if _is_code_of(node, code):
            body = node.body
            if part is not None and isinstance(body, ast.Tuple) and part < len(body.elts):
                body = body.elts[part]
            text = ast.get_source_segment(source, body) or ast.unparse(body)
            return " ".join(text.split())
    # No positions in the code: the line will do.  Where the line holds no lambda it is another's:
    # Python 3.13 gives the text after `python -c` as the source of whatever is evaluated.
    line = " ".join(lines[first].split())
    return line if "lambda" in line else _name(rule)


def _name(rule: Any) -> str:
    return f"{getattr(rule, '__name__', repr(rule))}(g, y, …)"


@functools.lru_cache(maxsize=32)
def _lambdas(source: str) -> list[ast.Lambda]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)]


def _is_code_of(node: ast.Lambda, code: Any) -> bool:
    """Whether the code was compiled from this lambda: several may stand on one line."""
    body = node.body
    if node.lineno != code.co_firstlineno:
        return False
    begin, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    places = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        if line is not None and column is not None and end_column  # no place: the code's frame
    ]
    return bool(places) and (min(p[0] for p in places), max(p[1] for p in places)) == (begin, end)


def _function(rule: Any) -> str:
    text = textwrap.dedent(inspect.getsource(rule))
    tree = ast.parse(text)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is not None and len(function.body) > 1:
        lines = text.splitlines()
        doc = function.body[0]
        del lines[doc.lineno - 1 : doc.end_lineno]
        text = "\n".join(lines)
    return _short(text)


def _short(text: str) -> str:
    lines = text.rstrip().splitlines()
    return "\n".join(lines if len(lines) <= LONGEST else [*lines[:LONGEST], "    …"])


def rule_mathml(node: Any, index: int) -> str:
    """The rule of an edge as mathematics, in the letters of its row; "" where it is no formula.

    >>> import engine
    >>> rule_mathml(engine.Value(1.0) / engine.Value(2.0), 0)
    '<math displaystyle="true"><mfrac><mi>g</mi><mi>b</mi></mfrac></math>'
    """
    if node.op.kind == "elementwise":
        right = _rules_mathml(node.op, node.op.vjps).get(index, "")
    else:
        right = rule_of_arrays(node, index, MathML())
    return right and f'<math displaystyle="true">{right}</math>'


@functools.lru_cache(maxsize=128)
def _rules_mathml(op: Op, rules: tuple[Any, ...]) -> dict[int, str]:
    return rule_formulas(op, MathML())
