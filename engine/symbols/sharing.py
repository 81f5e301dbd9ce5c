"""Expressions made shorter without another answer: what is known is not asked, nor taken twice."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any


def text(code: ast.expr) -> str:
    """The expression as Python text."""
    return ast.unparse(code)


class _Known(ast.NodeTransformer):
    """`a if c else b` inside a branch that is taken only where c holds, or only where not."""

    def __init__(self) -> None:
        self.answers: dict[str, bool] = {}

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        answer = self.answers.get(text(node.test))
        if answer is not None:
            return self.visit(node.body if answer else node.orelse)
        test = self.visit(node.test)
        yes, no = (
            self._where(node.test, True, node.body),
            self._where(node.test, False, node.orelse),
        )
        return ast.IfExp(test, yes, no)

    def _where(self, test: ast.expr, answer: bool, branch: ast.expr) -> ast.expr:
        before = self.answers
        self.answers = before | dict.fromkeys(_follows(test, answer), answer)
        branch = self.visit(branch)
        self.answers = before
        return branch


def _follows(test: ast.expr, answer: bool) -> list[str]:
    """The conditions that have this answer where the test has it: a false `or` has false parts."""
    parts = [test]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if answer else ast.Or):
        parts += test.values
    return [text(part) for part in parts]


_COMPUTED = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.IfExp, ast.BoolOp)


def _parts(code: ast.AST, certain: bool = True) -> Iterator[tuple[ast.expr, bool]]:
    """Every part that is computed, and whether it is so for certain."""
    if isinstance(code, _COMPUTED) and not isinstance(getattr(code, "operand", None), ast.Constant):
        yield code, certain
    first = code.test if isinstance(code, ast.IfExp) else None
    if isinstance(code, ast.BoolOp):
        first = code.values[0]
    for child in ast.iter_child_nodes(code):
        yield from _parts(child, certain and (first is None or child is first))


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and text(node) == self.old:
            return ast.Name(self.new)
        return self.generic_visit(node)


def _numbered(
    common: list[tuple[str, ast.expr]], rest: list[ast.expr], name: str
) -> tuple[list[tuple[str, ast.expr]], list[Any]]:
    """What is common, named in the order in which it is computed."""
    new = {old: f"{name}{i + 1}" if len(common) > 1 else name for i, (old, _) in enumerate(common)}
    for code in [*rest, *(code for _, code in common)]:
        for part in ast.walk(code):
            if isinstance(part, ast.Name):
                part.id = new.get(part.id, part.id)
    return [(new[old], code) for old, code in common], rest


def shared(codes: list[ast.expr], name: str = "t") -> tuple[list[tuple[str, ast.expr]], list[Any]]:
    """What expressions have in common, as (name, expression) in order; and the rest of them.

    >>> one, two = (ast.parse(x, mode="eval").body for x in ("exp(-x) * g", "1 - exp(-x)"))
    >>> common, rest = shared([one, two])
    >>> [(name, text(code)) for name, code in common], [text(code) for code in rest]
    ([('t', 'exp(-x)')], ['t * g', '1 - t'])
    """
    rest = [_Known().visit(ast.parse(text(code), mode="eval").body) for code in codes]
    common: list[tuple[str, ast.expr]] = []
    while True:
        uses: Counter[str] = Counter()
        certain: dict[str, ast.expr] = {}
        for code in [*rest, *(code for _, code in common)]:
            for part, is_certain in _parts(code):
                uses[text(part)] += 1
                if is_certain:
                    certain[text(part)] = part
        twice = [old for old in certain if uses[old] > 1]
        if not twice:
            return _numbered(common[::-1], rest, name)
        old = max(twice, key=len)
        new = f"{name} {len(common)}"
        replaced = _Replaced(old, new)
        rest = [replaced.visit(code) for code in rest]
        common = [(n, replaced.visit(code)) for n, code in common]
        common.append((new, certain[old]))
