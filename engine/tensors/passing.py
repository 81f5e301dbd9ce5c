"""How a node passes its gradient on to its inputs: one function per op, written from its rules.

Most of backward's time on small arrays is Python between NumPy's calls.  A rule made of nothing
but ops stands in the text itself, any other is called.  The text is to be read, and tracebacks
show it:

    >>> from engine import sin
    >>> print(text_of(sin, {}), end="")
    def push_sin(node, g, found):
        (x0,) = node.inputs
        (a0,) = node._arrays
        if x0._held is not a0:
            check_unchanged(node)
        part = g * cos(a0)
        if type(part) is not ndarray or part.shape != a0.shape or part.dtype is not a0.dtype:
            part = fitted(part, a0, op, 0)
        found[x0] = found[x0] + part if x0 in found else part
"""

from __future__ import annotations

import ast
import inspect
import linecache
import math
from collections import Counter
from typing import Any

import numpy as np

from ..core import Op
from ..graph import toposort
from ..symbols import Symbol, Trace

_INFIX = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


def pushing(op: Op, known: dict[str, Any]) -> Any:
    """`push(node, g, found)` of an op: adds to `found` what each edge of the node carries.

    `known`: what the text may refer to.
    """
    names = {**known, "op": op, "__name__": __name__}  # nobody takes its lines for the user's
    text = text_of(op, names)
    file = f"<{__name__}: push_{op.name}, {id(op)}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    exec(compile(text, file, "exec"), names)
    return names[f"push_{op.name}"]


def text_of(op: Op, names: dict[str, Any]) -> str:
    """The text of `pushing(op, …)`; what it calls is added to `names`."""
    inputs = range(op.n_inputs)
    arrays = ", ".join(f"a{i}" for i in inputs)
    given = f"(g, node._held, {arrays}{', **node._params' if op.defaults else ''})"
    lines = [
        f"def push_{op.name}(node, g, found):",
        f"    {_tuple([f'x{i}' for i in inputs])} = node.inputs",
        f"    {_tuple([f'a{i}' for i in inputs])} = node._arrays",
    ]
    if op.vjp_all is not None:  # the rules share work: all of them at once
        names["vjp_all"] = op.vjp_all
        lines += [f"    parts = vjp_all{given}", "    check_parts(parts, op, node.inputs)"]
    for i in inputs:
        rule = op.vjps[i]
        if rule is None:
            continue
        edge = [f"if x{i}._held is not a{i}:", "    check_unchanged(node)"]
        if op.vjp_all is not None:
            edge.append(f"part = parts[{i}]")
        else:
            edge += _written(op, rule, names) or [f"part = rule{i}{given}"]
            names[f"rule{i}"] = rule
        add = [
            f"if type(part) is not ndarray or part.shape != a{i}.shape "
            f"or part.dtype is not a{i}.dtype:",
            f"    part = fitted(part, a{i}, op, {i})",
            f"found[x{i}] = found[x{i}] + part if x{i} in found else part",
        ]
        if op.kind != "elementwise":  # there a rule may answer None: nothing flows
            add = ["if part is not None:", *_indented(add)]
        edge += add
        if op.n_inputs > 1:
            edge = [f"if isinstance(x{i}, ArrayNode) and x{i}._requires:", *_indented(edge)]
        lines += _indented(edge)
    return "\n".join(lines) + "\n"


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _tuple(names: list[str]) -> str:
    return f"({names[0]},)" if len(names) == 1 else ", ".join(names)


def _written(op: Op, rule: Any, names: dict[str, Any]) -> list[str]:
    """What a rule does; nothing if it names more than ops, for it may ask what it is given."""
    if op.kind != "elementwise" or op.defaults or not _names_only_ops(rule):
        return []
    trace = Trace()
    given = ["g", "node._held", *(f"a{i}" for i in range(op.n_inputs))]
    try:
        part = rule(*(trace.input(np.ones(1), name) for name in given))
    except Exception:  # it asks for numbers; or is wrong, and says so where it is called
        return []
    if not isinstance(part, Symbol):
        return []
    order = toposort(part)
    uses = Counter(x for y in order for x in y.inputs if isinstance(x, Symbol))
    codes: dict[Any, Any] = {}
    lines: list[str] = []
    for y in order:
        code = codes[y] = _expression(y, codes, names)
        if code is None:
            return []
        if y.op is not None and uses[y] > 1:
            codes[y] = ast.Name(f"t{len(lines)}")
            lines.append(f"t{len(lines)} = {ast.unparse(code)}")
    return [*lines, f"part = {ast.unparse(codes[part])}"]


def _expression(y: Any, codes: dict[Any, Any], names: dict[str, Any]) -> Any:
    """y, of what its inputs are written as; None if it cannot be."""
    if y.op is None:
        return ast.parse(y.label, mode="eval").body
    args = []
    for x in y.inputs:
        if not isinstance(x, Symbol) and (type(x) not in (int, float) or not math.isfinite(x)):
            return None
        args.append(codes[x] if isinstance(x, Symbol) else ast.Constant(x))
    if y.op.symbol in _INFIX:
        return ast.BinOp(args[0], _INFIX[y.op.symbol], args[1])
    if y.op.symbol == "neg":
        return ast.UnaryOp(ast.USub(), args[0])
    if y.params or names.setdefault(y.op.name, y.op.forward) is not y.op.forward:
        return None
    return ast.Call(ast.Name(y.op.name), args, [])


def _names_only_ops(rule: Any) -> bool:
    if not inspect.isfunction(rule) or any(map(inspect.iscode, rule.__code__.co_consts)):
        return False
    read = inspect.getclosurevars(rule)
    known = (*read.nonlocals.values(), *read.globals.values())
    return not read.builtins and not read.unbound and all(isinstance(x, Op) for x in known)
