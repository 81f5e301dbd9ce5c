"""What Tensors call for an op: two functions of Python text, written from its row on first use.

`record_…` applies the op and makes the node; `push_…` adds to the gradient of each input what its
rule says.  Most of the time that arrays of a few numbers take is Python between NumPy's calls, so
nothing is asked here that the row answers.  A rule made of nothing but ops stands in the text
itself, any other is called.  Tracebacks show the text:

    >>> from engine import sin
    >>> print(push_text(sin, {}))
    def push_sin(node, g, found):
        (x0,) = node.inputs
        (a0,) = node._arrays
        size, ndim = g.size or -1, g.ndim
        if (x0.op is None or x0.op is SETITEM) and x0._held is not a0:
            check_unchanged(node)
        part = g * cos(a0)
        if type(part) is not ndarray or a0.size != size or a0.ndim != ndim or part.dtype is not a0.dtype:
            part = fitted(part, a0, op, 0)
        found[x0] = found.pop(x0) + part if x0 in found else part
"""  # noqa: E501 - generated text as it is

from __future__ import annotations

import ast
import inspect
import math
from collections import Counter
from functools import partial
from typing import Any

import numpy as np

from ..core import Op
from ..graph import toposort
from ..reads import RESULT
from ..symbols import Symbol, Trace, compiled, indented, tuple_of
from .letting_go import looks

_INFIX = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}
#: Variables of `push_…`, some with a number: no op is called by such a name there.
_OWN = frozenset(["node", "g", "found", "size", "ndim", "part", "x", "a", "t"])


class ArrayWriter:
    """Gives ops what is called for them on the tensor tier.

    Args:
        known: what the texts refer to, by name.
    """

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def write(self, op: Op) -> None:
        """Write both functions of an op."""
        op.record_arrays = self._function(op, f"record_{op.name}", record_text)
        if op.variadic:  # any number of edges
            op.push_arrays = self.known["push_any"]
        else:
            op.push_arrays = self._function(op, f"push_{op.name}", push_text)

    def method(self, op: Op, name: str, self_is: int) -> Any:
        """`record_…` as a method of Tensor, whose self is this input: in `1 - x` the second."""
        text_of = partial(record_text, name=name, self_is=self_is)
        function = self._function(op, name, text_of)
        function.__doc__ = op.doc
        return function

    def _function(self, op: Op, name: str, text_of: Any) -> Any:
        names = {**self.known, "op": op, "__name__": __name__}
        lines = text_of(op, names).splitlines()
        return compiled(lines, names, f"{name}, {id(op)}")[name]


def record_text(op: Op, names: dict[str, Any], name: str = "", self_is: int | None = None) -> str:
    """`record_…(*inputs)`, or `record_…(inputs, params)` of an op with parameters or any inputs.

    A method takes first the input that `self` is.
    """
    names |= {"forward": op.forward, "defaults": op.defaults}
    inputs = range(op.n_inputs)
    xs, arrays = (tuple_of([f"{letter}{i}" for i in inputs]) for letter in "xa")
    lines = []
    if op.variadic:
        xs, arrays = "inputs", "arrays"
        lines += [
            "arrays, requires = [], False",
            "for i, x in enumerate(inputs):",
            "    if isinstance(x, Tensor):",
            "        arrays.append(x._held)",
            "        requires = requires or x._requires",
            "    else:",
            "        x = constant(x, op, i)",
            "        inputs = (*inputs[:i], x, *inputs[i + 1 :])",
            "        if isinstance(x, Node):  # of a list with nodes in it, or one that leads",
            "            return x.record(op, inputs, params)",
            "        arrays.append(x)",
            "arrays = tuple(arrays)",
        ]
    else:
        lines += [f"{xs} = inputs"] if op.defaults else []
        if op.n_inputs == 1:
            self_is = 0  # it is a Tensor, or another tier would have been asked
        lines += [] if self_is == 0 and op.vjps[0] is not None else ["requires = False"]
        for i in inputs:
            lines += _taken(i, op, i == self_is)
    if op.defaults or op.variadic:
        lines += [
            "if params is not defaults:",
            "    for given in params.values():",
            "        if isinstance(given, NOT_PLAIN):",
            "            params = {name: parameter(op, name, x) for name, x in params.items()}",
            "            break",
        ]
    args = "*arrays" if op.variadic else ", ".join(f"a{i}" for i in inputs)
    # forward knows its own defaults; to pass them costs as much as a small sum
    call = f"forward({args}) if params is defaults else forward({args}, **params)"
    lines += [
        "try:",
        f"    data = {call if op.defaults or op.variadic else f'forward({args})'}",
        "except ValueError as error:",
        f"    raise wrong_shapes(op, {arrays}, error) from None",
        *_node(op, xs, arrays),
    ]
    taken = ", ".join([f"x{i}" for i in inputs][:: -1 if self_is == 1 else 1])
    given = "inputs, params" if op.defaults or op.variadic else taken
    return "\n".join([f"def {name or f'record_{op.name}'}({given}):", *indented(lines)])


def _taken(i: int, op: Op, is_tensor: bool) -> list[str]:
    """The lines that take an input's array, and note whether a gradient flows to it."""
    flows = f"requires = {'requires or ' if i else ''}x{i}._requires"
    take = [f"a{i} = x{i}._held", *([flows] if op.vjps[i] is not None else [])]
    if is_tensor:
        return take
    inputs = tuple_of([f"x{k}" for k in range(op.n_inputs)])
    return [
        f"if isinstance(x{i}, Tensor):",
        *indented(take),
        "else:",
        f"    if type(x{i}) is not float and type(x{i}) is not int:",
        f"        x{i} = constant(x{i}, op, {i})",
        f"        if isinstance(x{i}, Node):  # of a list with nodes in it, or one that leads",
        f"            return x{i}.record(op, {inputs}, {'params' if op.defaults else '{}'})",
        f"    a{i} = x{i}",
    ]


def _node(op: Op, xs: str, arrays: str) -> list[str]:
    """The lines that make the node: of all Tensors but leaves."""
    params = "params" if op.defaults or op.variadic else "{}"
    return [
        "y = new(Tensor)",
        "y._held = data if type(data) is ndarray else asarray(data)",
        "y._grad = y._params = None",
        "y._retain = False",
        'y.label = ""',
        "if threads:",
        f"    return attended(y, op, {xs}, {arrays}, {params}, requires)",
        "y._requires = requires",
        "if requires:",
        "    y.op = op",
        f"    y.inputs = {xs}",
        f"    y._arrays = {arrays}",
        *looks(op),
        *(["    y._params = params"] if params == "params" else []),
        "else:",
        "    y.op = None",
        "    y.inputs = y._arrays = ()",
        *(_part(op) if op.defaults or op.kind != "elementwise" else []),
        "return y",
    ]


def _part(op: Op) -> list[str]:
    """The lines that note of a result outside the graph whose numbers it shows."""
    if op.variadic:
        return ["    if y._held.base is not None:", "        note_part(y, op, inputs[0], params)"]
    if op.name == "getitem":
        return ["    if y._held.base is not None:", '        y._params = x0, params["index"]']
    return [
        "    if y._held.base is not None:",
        "        if y._held.base is a0 or y._held.base is a0.base:",
        "            y._params = x0, None",
    ]


def push_text(op: Op, names: dict[str, Any]) -> str:
    """`push_…(node, g, found)`: adds to `found` what each edge of the node carries."""
    inputs = range(op.n_inputs)
    arrays = ", ".join(f"a{i}" for i in inputs)
    rest = f"{arrays}{', **node._params' if op.defaults else ''}"
    given = [
        f"(g, {'node._held' if RESULT in reads else None}, {rest})" for reads in op.reads_by_rule
    ]
    lines = [
        f"{tuple_of([f'x{i}' for i in inputs])} = node.inputs",
        f"{tuple_of([f'a{i}' for i in inputs])} = node._arrays",
    ]
    if op.vjp_all is not None:  # the rules share work: all of them at once
        names["vjp_all"] = op.vjp_all
        lines += [f"parts = vjp_all{given[0]}", "check_parts(parts, op, node.inputs)"]
    for i in inputs:
        rule = op.vjps[i]
        if rule is not None:
            names[f"rule{i}"] = rule
            written = _written(op, rule, names)
            if written and SIZE not in lines:
                lines.append(SIZE)
            called = f"rule{i}{given[i]}" if op.vjp_all is None else f"parts[{i}]"
            lines += _edge(op, i, written, called)
    return "\n".join([f"def push_{op.name}(node, g, found):", *indented(lines)])


#: What is written of g has its shape; an input that broadcasts to that, as many numbers and as many
#: axes, unless there are none, is of that shape too.  (To ask for both shapes takes twice as long.)
SIZE = "size, ndim = g.size or -1, g.ndim"


def _edge(op: Op, i: int, written: list[str], called: str) -> list[str]:
    """The lines that add to the gradient of one input."""
    part = written or [f"part = {called}"]
    other = f"a{i}.size != size or a{i}.ndim != ndim" if written else f"part.shape != a{i}.shape"
    add = [
        f"if type(part) is not ndarray or {other} or part.dtype is not a{i}.dtype:",
        f"    part = fitted(part, a{i}, op, {i})",
        f"found[x{i}] = found.pop(x{i}) + part if x{i} in found else part",
    ]
    if op.kind != "elementwise":  # there a rule may answer None: nothing flows
        add = ["if part is not None:", *indented(add)]
    # other results do not change, and may have let their arrays go
    changed = f"if (x{i}.op is None or x{i}.op is SETITEM) and x{i}._held is not a{i}:"
    lines = [changed, "    check_unchanged(node)", *part, *add]
    if op.n_inputs > 1:
        lines = [f"if isinstance(x{i}, Tensor) and x{i}._requires:", *indented(lines)]
    return lines


# --- rules, written out ---


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
    order = toposort(part) if isinstance(part, Symbol) else []
    if "g" not in [x.label for x in order]:
        return []
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
    name = y.op.name
    if y.params or name.rstrip("0123456789") in _OWN:
        return None
    if names.setdefault(name, y.op.forward) is not y.op.forward:
        return None
    return ast.Call(ast.Name(name), args, [])


def _names_only_ops(rule: Any) -> bool:
    if not inspect.isfunction(rule) or any(map(inspect.iscode, rule.__code__.co_consts)):
        return False
    read = inspect.getclosurevars(rule)
    known = (*read.nonlocals.values(), *read.globals.values())
    return not read.builtins and not read.unbound and all(isinstance(x, Op) for x in known)
