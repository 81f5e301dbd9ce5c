"""The mutants of a source file: each is the file with one small thing wrong in it.

Found on the syntax tree, written as a change of the text.  What no test is asked to notice is left
alone: docstrings, annotations, texts of errors, `__all__`, asserts, and the keywords below.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ARITHMETIC = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "/", ast.Mod: "//",
    ast.Pow: "*", ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip
#: The bound moved, and the opposite.
COMPARISONS = {
    ast.Lt: ("<=", ">="), ast.LtE: ("<", ">"), ast.Gt: (">=", "<="), ast.GtE: (">", "<"),
    ast.Eq: ("!=",), ast.NotEq: ("==",), ast.Is: ("is not",), ast.IsNot: ("is",),
    ast.In: ("not in",), ast.NotIn: ("in",),
}  # fmt: skip
#: Swapping their two arguments changes nothing, or is a TypeError at once.
SYMMETRIC = re.compile(r"\b(isinstance|issubclass|hasattr|max|min|maximum|minimum|add|multiply)$")
#: A bound for tests (how far the tiers may be apart), checks of ourselves, and texts.
LEFT_ALONE = {"ulp", "strict", "stacklevel", "doc"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """One change of one file, and where to look for tests that reach it."""

    file: str
    where: str  #: the function, class or module-level name it stands in
    snippet: str  #: the code around it
    change: str  #: "old → new"
    start: int  #: the bytes that are replaced
    end: int
    text: str
    lines: tuple[int, int]  #: of the expression or statement changed
    around: tuple[int, int]  #: of the function or module-level statement it stands in
    name: str  #: the module-level name it helps to define on import; "" for what runs later
    number: int = 1  #: the first, second, … of the same name

    @property
    def key(self) -> str:
        """Its name, which outlives changes elsewhere in the file."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.file} | {self.where} | {self.snippet} | {self.change}{again}"

    def applied(self, source: str) -> str:
        """The file with the mutant in it."""
        data = source.encode()
        return (data[: self.start] + self.text.encode() + data[self.end :]).decode()


def mutants(source: str, file: str = "") -> list[Mutant]:
    """Every mutant of a file's text, in the order of the text.

    >>> found = mutants("def half(x):\\n    return x / 2\\n")
    >>> [f"{mutant.snippet}: {mutant.change}" for mutant in found]
    ['x / 2: → x * 2', 'x / 2: 2 → 3']
    >>> found[0].applied("def half(x):\\n    return x / 2\\n")
    'def half(x):\\n    return (x * 2)\\n'
    """
    seen: Counter[str] = Counter()
    found = []
    for mutant in sorted(_Finder(source, file).find(), key=lambda m: (m.start, m.end)):
        seen[mutant.key] += 1
        found.append(Mutant(**{**vars(mutant), "number": seen[mutant.key]}))
    return found


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split("\n")[0].split())
    return text if len(text) <= 70 else text[:69] + "…"


def _operand(node: ast.expr) -> str:
    """Its text, in parentheses where it has parts that an operator could pull apart."""
    tight = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call)
    return ast.unparse(node) if isinstance(node, tight) else f"({ast.unparse(node)})"


class _Finder:
    """Walks the tree once, and remembers in which function and statement it is."""

    def __init__(self, source: str, file: str) -> None:
        self.file = file
        self.tree = ast.parse(source)
        self.starts = [0]  # where each line starts, in bytes, as the tree counts columns
        for line in source.encode().splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.where: list[str] = []
        self.around = (1, 1)
        self.name = ""
        self.functions = 0
        self.last: set[ast.stmt] = set()  # of each function's body

    def find(self) -> Iterator[Mutant]:
        for statement in self.tree.body:
            yield from self.visit_statement(statement)

    def mutant(self, node: Any, change: str, text: str, inside: ast.AST | None = None) -> Mutant:
        """The node's text replaced; `inside` is what to show of the code around it."""
        return Mutant(
            self.file, ".".join(self.where) or "module", _short(inside or node), change,
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
            text, (node.lineno, node.end_lineno), self.around, self.name,
        )  # fmt: skip

    # --- statements ---

    def visit_statement(self, node: ast.stmt) -> Iterator[Mutant]:
        if _is_left_alone(node):
            return
        outer = self.around, self.name
        named = self._name(node)
        if not self.where or isinstance(node, FUNCTIONS):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            self.around = (first, node.end_lineno or first)
            self.name = named if named and not isinstance(node, FUNCTIONS) else ""
        if named:
            self.where.append(named)
        yield from self._deleted(node)
        yield from self._children(node)
        if named:
            self.where.pop()
        self.around, self.name = outer

    def _name(self, node: ast.stmt) -> str | None:
        """What a definition, or an assignment outside functions, defines."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return node.name
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and not self.functions:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return _short(target)
        return None

    def _deleted(self, node: ast.stmt) -> Iterator[Mutant]:
        """The statement left out, where the code still makes sense without it."""
        match node:
            case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Delete():
                pass
            case ast.Continue() | ast.Break():
                pass
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                pass
            case ast.Return() if node not in self.last:
                pass
            case _:
                return
        yield self.mutant(node, "deleted", "pass")

    def _children(self, node: ast.stmt) -> Iterator[Mutant]:
        if isinstance(node, ast.Raise):
            return
        if isinstance(node, FUNCTIONS):
            self.last.add(node.body[-1])
            inside, self.name = self.name, self.where[0]  # decorators and defaults run on import
            for decorator in node.decorator_list:
                yield from self.visit(decorator, node)
                yield from self._rules(decorator)
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    yield from self.visit(default, node)
            self.name = inside
            self.functions += 1
            for statement in node.body:
                yield from self.visit_statement(statement)
            self.functions -= 1
            return
        if isinstance(node, (ast.If, ast.While)) and not isinstance(node.test, ast.Compare):
            yield self._negated(node.test)
        for name, value in ast.iter_fields(node):
            if name == "annotation":
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.stmt):
                    yield from self.visit_statement(child)
                elif isinstance(child, ast.ExceptHandler):
                    yield from self._handler(child)
                elif isinstance(child, ast.AST):
                    yield from self.visit(child, node)

    def _handler(self, node: ast.ExceptHandler) -> Iterator[Mutant]:
        if isinstance(node.type, ast.Name) and node.type.id == "BaseException":
            yield self.mutant(node.type, "BaseException → Exception", "Exception", node)
        for statement in node.body:
            yield from self.visit_statement(statement)

    def _rules(self, call: ast.AST) -> Iterator[Mutant]:
        """A row's rule left out."""
        if isinstance(call, ast.Call):
            for argument in call.args:
                if isinstance(argument, (ast.Lambda, ast.Name)):
                    yield self.mutant(argument, f"{_short(argument)} → None", "None", call)

    def _negated(self, test: ast.expr) -> Mutant:
        return self.mutant(test, "negated", f"(not ({ast.unparse(test)}))", test)

    # --- expressions ---

    def visit(self, node: ast.AST, parent: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr) or getattr(node, "arg", None) in LEFT_ALONE:
            return
        yield from self._changed(node, parent)
        called = self.functions
        if isinstance(node, ast.Lambda):
            self.functions += 1
        for child in ast.iter_child_nodes(node):
            yield from self.visit(child, node)
        self.functions = called

    def _changed(self, node: ast.AST, parent: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.BinOp(left, op, right) if type(op) in ARITHMETIC and not _is_type(node):
                sign = ARITHMETIC[type(op)]
                yield self._expression(node, f"{_operand(left)} {sign} {_operand(right)}")
            case ast.Compare(left, [op], [right]):
                for sign in COMPARISONS[type(op)]:
                    yield self._expression(node, f"{_operand(left)} {sign} {_operand(right)}")
            case ast.BoolOp(op, values):
                word = " or " if isinstance(op, ast.And) else " and "
                yield self._expression(node, word.join(map(_operand, values)))
            case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert(), operand):
                yield self._expression(node, _operand(operand))
            case ast.IfExp(test) if not isinstance(test, ast.Compare):
                yield self._negated(test)
            case ast.Constant(bool() as value):
                yield self.mutant(node, f"{value} → {not value}", str(not value), parent)
            case ast.Constant(int() as value):
                yield self.mutant(node, f"{value} → {value + 1}", str(value + 1), parent)
            case ast.Constant(float() as value):
                new = value * (1 + 1e-3) if value else 1e-3
                yield self.mutant(node, f"{value} → {new!r}", repr(new), parent)
            case ast.Call(func, [a, b], []) if not SYMMETRIC.search(ast.unparse(func)):
                if ast.unparse(a) != ast.unparse(b) and not isinstance(a, ast.Constant):
                    swapped = f"{ast.unparse(func)}({ast.unparse(b)}, {ast.unparse(a)})"
                    yield self._expression(node, swapped)
            case ast.Call(args=arguments) if any(isinstance(a, ast.Lambda) for a in arguments):
                yield from self._rules(node)

    def _expression(self, node: ast.expr, new: str) -> Mutant:
        return self.mutant(node, f"→ {new}", f"({new})")


def _is_type(node: ast.BinOp) -> bool:
    """`X | None`, a type."""
    return isinstance(node.op, ast.BitOr) and "None" in ast.unparse(node)


def _is_left_alone(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()) | ast.Assert():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False
