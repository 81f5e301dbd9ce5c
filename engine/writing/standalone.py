"""Functions of the engine as text that runs with NumPy alone: with all that they use.

What they call of the table is called by its forward function, for numbers are all there is; so
questions whether something is a node are answered here.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import linecache
import math
import re
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..by_name import called, has_numbers, is_recorded
from ..core import Op
from ..lists import array_of
from ..node import NODES, Node, NodeArray, to_numpy
from .array_terms import written_constant
from .names import Names
from .terms import LooksAtNumbers

_NODES: tuple[Any, ...] = (Node, NodeArray, NODES)
_MODULES = {np: "np", math: "math"}


class Helpers:
    """The functions that a text calls, by the names it has for them; and their text.

    >>> import engine
    >>> helpers = Helpers(Names())
    >>> name = helpers.name("mean", engine.registry["mean"].forward)
    >>> namespace = {"np": np, "math": math}
    >>> exec(helpers.text(), namespace)
    >>> float(namespace[name](np.array([1.0, 2.0])))
    1.5
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.modules: set[str] = set()  # to be imported; "np" is NumPy
        self.with_out: set[str] = set()  # what writes its result into an argument `out`
        self._named: dict[int, str] = {}
        self._on_floats = False  # whether what is called of the table is given floats
        self._numbers: dict[Any, str] = {}
        self._texts: list[str] = []
        self._kept: list[Any] = []  # so that no id is used twice

    def name(self, wanted: str, function: Any) -> str:
        """The name to call a function by; its text joins the others."""
        name = ast.unparse(self._reference(wanted, function))
        if inspect.isfunction(function) and "out" in inspect.signature(function).parameters:
            self.with_out.add(name)
        return name

    def number(self, op: Op, params: dict[str, Any], code: ast.expr | None) -> str:
        """The name to call an op on numbers by, for numbers of which Python's arithmetic raises.

        `code` is what the op is otherwise, with names of its inputs; None if there is nothing else.
        """
        self._on_floats = True
        key = (op, tuple(params.items()))
        if key in self._numbers:
            return self._numbers[key]
        self._numbers[key] = name = self.names.taken(op.name)
        inputs = [f"x{i}" for i in range(op.n_inputs)]
        called = ast.unparse(self._reference(op.name, op.forward))
        given = [f"np.float64({x})" for x in inputs]
        given += [f"{k}={written_constant(x)}" for k, x in params.items()]
        numpys = [
            "with np.errstate(all='ignore'):",
            f"    return float({called}({', '.join(given)}))",
        ]
        lines = [
            f"def {name}({', '.join(inputs)}):",
            f'    """{op.doc or op.name}, by IEEE 754."""',
        ]
        form = re.sub(r"place_(\d+)", r"x\1", ast.unparse(code)) if code else None
        if form is None and inspect.isfunction(op.scalar) and not op.scalar.__closure__:
            scalar = ast.unparse(self._reference(f"{op.name}_float", op.scalar))  # as it is
            form = f"{scalar}({', '.join([*inputs, *given[op.n_inputs :]])})"
        if form is None:
            lines += [f"    {line}" for line in numpys]
        else:
            lines += ["    try:", f"        return float({form})"]
            lines += ["    except (ArithmeticError, ValueError, TypeError):"]
            lines += [f"        {line}" for line in numpys]
        self._texts.append("\n".join(lines))
        return name

    def text(self) -> str:
        """All functions, those that are used before those that use them."""
        return "\n\n\n".join(self._texts)

    # --- what a name stands for ---

    def _reference(self, wanted: str, x: Any) -> ast.expr:
        """How the text refers to something that a function uses."""
        if isinstance(x, Op):
            return self._called(x) if self._on_floats else self._reference(x.name, x.forward)
        if x is to_numpy or x is array_of:
            return _parsed("np.asarray")
        text = _of_numpy(x) or _of_library(x)
        if text:
            first, _, rest = text.partition(".")
            self.modules.update([first] * (rest != "" or isinstance(x, types.ModuleType)))
            return _parsed(text)
        x = inspect.unwrap(x) if callable(x) else x
        if id(x) not in self._named:
            self._kept.append(x)
            if inspect.isfunction(x):
                self._named[id(x)] = self.names.taken(wanted)
                self._texts.append(self._function(x, self._named[id(x)]))
            else:
                text = self._constant(x)
                self._named[id(x)] = self.names.taken(wanted)
                self._texts.append(f"{self._named[id(x)]} = {text}")
        return ast.Name(self._named[id(x)])

    def _called(self, op: Op) -> ast.expr:
        """How the text calls an op that a function on floats calls: as `Op.on_floats`."""
        if op not in self._numbers:
            forward = ast.unparse(self._reference(op.name, op.forward))
            lines = ["with np.errstate(all='ignore'):"]
            lines += [f"    return float({forward}(*map(np.float64, x), **params))"]
            if inspect.isfunction(op.scalar):
                scalar = ast.unparse(self._reference(f"{op.name}_float", op.scalar))
                again = [f"    {line}" for line in lines]
                lines = ["try:", f"    return float({scalar}(*x, **params))"]
                lines += ["except (ArithmeticError, ValueError, TypeError):", *again]
            self._numbers[op] = name = self.names.taken(op.name)
            numpys = ["if type(x[0]) is not float:", f"    return {forward}(*x, **params)"]
            body = [f"    {line}" for line in (*numpys, *lines)]
            self._texts.append("\n".join([f"def {name}(*x, **params):", *body]))
        return ast.Name(self._numbers[op])

    def _constant(self, x: Any) -> str:
        if isinstance(x, dict):
            parts = ", ".join(f"{self._constant(k)}: {self._constant(v)}" for k, v in x.items())
            return f"{{{parts}}}"
        if isinstance(x, list | tuple | frozenset | set):
            parts = ", ".join(
                _of_numpy(one) or self._constant(one) for one in x if one not in (Node, NodeArray)
            )
            return {list: f"[{parts}]", tuple: f"({parts},)" if x else "()"}.get(
                type(x), f"{{{parts}}}"
            )
        try:
            return written_constant(x)
        except LooksAtNumbers:
            raise TypeError(f"{type(x).__name__} cannot be written as text: {x!r:.60}") from None

    # --- functions ---

    def _function(self, function: Any, name: str) -> str:
        """The text of a function under another name, without decorators and annotations."""
        found = _definition(function)
        if isinstance(found, ast.Lambda):
            body: list[ast.stmt] = [ast.Return(found.body)]
        else:
            body = found.body
        made: Any = copy.deepcopy(ast.FunctionDef(name, found.args, body, [], None))
        made = _Alone(self, function).visit(made)
        return ast.unparse(ast.fix_missing_locations(made))


class _Alone(ast.NodeTransformer):
    """Rewrites a function so that it needs nothing but what stands above it."""

    def __init__(self, helpers: Helpers, function: Any) -> None:
        self.helpers = helpers
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        self.known = {**function.__globals__, **{key: cell.cell_contents for key, cell in cells}}
        self.local = set(function.__code__.co_varnames) | set(function.__code__.co_cellvars)

    def _value(self, node: ast.expr) -> Any:
        """What an expression (a name, or attributes of one) outside the function stands for."""
        if isinstance(node, ast.Name) and node.id not in self.local:
            return self.known.get(node.id, _ABSENT)
        if isinstance(node, ast.Attribute):
            return getattr(self._value(node.value), node.attr, _ABSENT)
        return _ABSENT

    def visit_Name(self, node: ast.Name) -> ast.expr:
        x = self._value(node)
        return node if x is _ABSENT else self.helpers._reference(node.id, x)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        owner = self._value(node.value)
        if isinstance(owner, Op) and node.attr == "forward":
            return self.helpers._reference(owner.name, owner.forward)
        if isinstance(owner, types.ModuleType) and not _is_outside(owner):
            return self.helpers._reference(node.attr, self._value(node))
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = self._value(node.func)
        if function is is_recorded or (function is _ABSENT and self._asks_for_nodes(node)):
            return ast.Constant(False)
        if function is has_numbers:
            return ast.Constant(True)
        if function is called:
            node = ast.Call(node.args[0], node.args[1:], node.keywords)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "apply":
            owner = self._value(node.func.value)
            if isinstance(owner, Op):
                return self._applied(owner, *node.args)
        self.generic_visit(node)
        return node

    def _asks_for_nodes(self, node: ast.Call) -> bool:
        asks = isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        return asks and any(self._value(node.args[1]) is kind for kind in _NODES)

    def _applied(self, op: Op, inputs: Any, params: Any) -> ast.expr:
        """`op.apply((a, b), {"axis": 0})` as `op(a, b, axis=0)`; else `op(*inputs, **params)`."""
        named = [ast.keyword(None, self.visit(params))]
        if isinstance(params, ast.Dict):
            pairs = zip(params.keys, params.values, strict=True)
            named = [ast.keyword(key.value, self.visit(x)) for key, x in pairs]  # type: ignore[union-attr]  # no ** in it
        given: list[ast.expr] = [ast.Starred(self.visit(inputs))]
        if isinstance(inputs, ast.Tuple):
            given = [self.visit(x) for x in inputs.elts]
        return ast.Call(self.helpers._reference(op.name, op), given, named)

    # --- what says nothing when it runs ---

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        doc = ast.get_docstring(node)
        if doc is not None:
            node.body[0] = ast.Expr(ast.Constant(doc.partition("\n")[0]))
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return None if node.value is None else ast.Assign([node.target], self.visit(node.value))

    # --- what can be decided now ---

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        no = isinstance(node.op, ast.And)
        if any(_is(x, not no) for x in node.values):
            return ast.Constant(not no)
        node.values = [x for x in node.values if not _is(x, no)]
        return node.values[0] if len(node.values) == 1 else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant):
            return ast.Constant(not node.operand.value)
        return node

    def visit_For(self, node: ast.For) -> Any:
        self.generic_visit(node)
        return node if node.body else None  # all that was in it was decided

    def visit_If(self, node: ast.If) -> Any:
        node.test = self.visit(node.test)
        if isinstance(node.test, ast.Constant):
            kept = node.body if node.test.value else node.orelse
            return [self.visit(one) for one in kept]
        self.generic_visit(node)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test = self.visit(node.test)
        if isinstance(node.test, ast.Constant):
            return self.visit(node.body if node.test.value else node.orelse)
        self.generic_visit(node)
        return node


_ABSENT: Any = object()


def _is(node: ast.expr, answer: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is answer


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _of_numpy(x: Any) -> str:
    """How NumPy's users write something of NumPy's or of math; "" for anything else."""
    if isinstance(x, types.ModuleType):
        return _MODULES.get(x) or (
            x.__name__.replace("numpy", "np", 1) if x.__name__.startswith("numpy.") else ""
        )
    owner = getattr(x, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{_of_numpy(owner)}.{x.__name__}"
    name = getattr(x, "__name__", "")
    if isinstance(x, np.ufunc):
        return f"np.{name}"
    module = str(getattr(x, "__module__", None) or "")
    if name and vars(np).get(name) is x:
        return f"np.{name}"
    if module.startswith("numpy.") and callable(x):
        return f"{module.replace('numpy', 'np', 1)}.{name}"
    return f"math.{name}" if name and getattr(math, name, None) is x else ""


def _is_outside(module: Any) -> bool:
    """Whether a module is NumPy's, or of the standard library."""
    return module.__name__.partition(".")[0] in (*sys.stdlib_module_names, "numpy")


def _of_library(x: Any) -> str:
    """How users write a module of the standard library, or one of its builtin functions."""
    if isinstance(x, types.ModuleType) and _is_outside(x):
        return x.__name__
    module = sys.modules.get(str(getattr(x, "__module__", "")).lstrip("_"))
    name = getattr(x, "__name__", "")
    if isinstance(x, types.BuiltinFunctionType) and getattr(module, name, None) is x:
        return f"{module.__name__}.{name}"  # type: ignore[union-attr]  # it has that name
    return ""


# --- finding a function in its file ---


@functools.cache
def _functions(file: str) -> list[Any]:
    """Every `def` and `lambda` in a file."""
    tree = ast.parse("".join(linecache.getlines(file)))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]


def _definition(function: Callable[..., Any]) -> Any:
    """The `def` or `lambda` that made a function.

    Raises:
        TypeError: there is no text of it.
    """
    code: Any = function.__code__
    found: list[Any] = []
    for node in _functions(code.co_filename):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found += [node] * (first == code.co_firstlineno)
        elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
            body = node.body
            start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
            inside = [
                (line, column)
                for line, _, column, _ in code.co_positions()
                if column is not None and (line, column) != (code.co_firstlineno, 0)
            ]
            found += [node] * all(start <= place <= end for place in inside)
    if not found:
        raise TypeError(
            f"{function.__qualname__}() depends on its numbers, so its text is needed, and there "
            "is none: define it in a file, or write it with NumPy's functions alone"
        )
    return found[-1]  # of lambdas inside one another, the innermost
