"""Checks of notebook 12: a backward half by hand, what it reads, and a printer of one's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import Value, exp, relu, source, tanh, toposort

from .exercise import Hint, answer_to_numpy, exercise, expect, near
from .lesson_12 import names_in


@exercise
def check_by_hand(by_hand: Any) -> str:
    """The backward half of y = u u + a with u = a b."""
    for a, b in [(2.0, 3.0), (-0.5, 1.5)]:
        found = by_hand(a, b)
        expect(
            isinstance(found, tuple | list) and len(found) == 3,
            f"the program should return three numbers, y, d_a and d_b, and not {found!r:.60}",
        )
        u = a * b
        y, d_a, d_b = found
        near(y, u * u + a, f"the forward half is given: y is u · u + a at a = {a}, b = {b}")
        once = near_to(d_b, u * a)
        way = ", along both edges to u * u" if once else ""
        near(d_b, 2 * u * a, f"d_b at a = {a}, b = {b}: what arrives at u{way}, times a")
        only = near_to(d_a, 2 * u * b)
        way = ", and a is used twice: there is the edge from the sum, too" if only else ""
        near(d_a, 2 * u * b + 1, f"d_a at a = {a}, b = {b}: what arrives at u, times b{way}")
    return "At two points, so it is the program, and not only its numbers, that is right."


def near_to(found: Any, wrong: float) -> bool:
    """Whether an answer is this wrong one."""
    return bool(np.allclose(answer_to_numpy(found), wrong))


def _programs() -> list[Any]:
    def first(a: Any, b: Any, c: Any) -> Any:
        u = a * b + c
        v = tanh(u)
        y = exp(v)
        return y

    def layer(x: Any, w: Any, b: Any) -> Any:
        h = relu(x @ w + b)
        d = h * h
        total = d.sum()
        return total

    def straight(a: Any, b: Any) -> Any:
        u = a + b
        y = u - 2 * a
        return y

    x, w, b = np.ones((3, 2)), np.array([[1.0], [2.0]]), np.array([0.5])
    return [
        source(first, 0.5, -1.0, 0.25),
        source(layer, x, w, b, wrt=("w", "b")),
        source(straight, 1.0, 2.0),
    ]


def kept_by(program: str) -> set[str]:
    """What the backward half reads of the forward half's results, by Python's own parser."""
    border = program[: program.index("# backward")].count("\n") + 1
    made, read = set(), set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.lineno < border:
                made.add(node.targets[0].id)
            else:
                read |= {x.id for x in ast.walk(node.value) if isinstance(x, ast.Name)}
    return made & read


@exercise
def check_kept(kept: Any) -> str:
    """The forward half's results that the backward half reads."""
    for program in _programs():
        found, wanted = kept(program), kept_by(program)
        if isinstance(found, str) or not isinstance(found, set | frozenset | list | tuple):
            raise Hint(f"kept should return a set of names, and not {found!r:.60}")
        where = f"of {program.name}, which is printed below"
        arguments = ", ".join(sorted(set(program.arguments) & set(found)))
        expect(
            not arguments,
            f"{arguments}: not made by the forward half {where}, but given to it\n{program}",
        )
        more = ", ".join(sorted(set(found) - wanted))
        ended = more in program.rpartition("return")[2]
        why = " (the line of the return is not backward)" if ended else ""
        expect(not more, f"{more}: not read by the backward half{why} {where}\n{program}")
        fewer = ", ".join(sorted(wanted - set(found)))
        expect(not fewer, f"{fewer}: missing, but read by the backward half {where}\n{program}")
    return "Of sums nothing has to be kept; of tanh and exp the result; of relu where it was on."


def _graphs() -> list[Value]:
    a, b, c = (Value(x, label=name) for name, x in (("a", 0.5), ("b", -1.0), ("c", 2.0)))

    def named(label: str, y: Any) -> Any:
        y.label = label
        return y

    u = named("u", a * b)
    v = named("v", u / c)
    w = named("w", tanh(v))
    n = named("n", -v)
    return [u, named("y", w - a), named("z", w * w), named("t", named("e", exp(n)) + u)]


@exercise
def check_lines(lines: Any) -> str:
    """The backward pass of a graph, as lines of text."""
    for root in _graphs():
        nodes = toposort(root)
        written = lines(root)
        if isinstance(written, Iterator):
            written = [*written]
        if isinstance(written, str) or not all(isinstance(x, str) for x in written):
            raise Hint(
                f"lines should return a list of texts, one for each line, not {written!r:.60}"
            )
        written = [line.strip() for line in written if line.strip()]
        space: dict[str, Any] = {x.label: x.data for x in nodes}
        space |= {f"d_{x.label}": 0.0 for x in nodes} | {f"d_{root.label}": 1.0}
        for line in written:
            try:
                exec(line, space)
            except Exception as error:
                raise Hint(f"the line {line!r:.60} does not run: {error}") from error
        for x in nodes:
            x.zero_grad()
        root.backward(retain_grads=True)
        shown = "\n".join(written)
        for x in nodes:
            near(
                space[f"d_{x.label}"],
                x.grad,
                f"after these lines, d_{x.label} is not the gradient of {x.label}:\n{shown}\n"
                + _why(written, x.label),
            )
    return "Four graphs, and every gradient in them."


def _why(written: list[str], label: str) -> str:
    """What may be wrong with lines that give a wrong gradient of the node with this label."""
    into: dict[str, list[int]] = {}
    for i, line in enumerate(written):
        into.setdefault(line.split()[0], []).append(i)
    for x, places in into.items():
        before = [written[i] for i in range(places[-1]) if i not in places]
        if any(x in names_in(line) for line in before):
            return f"{x} is read before all of it has arrived: begin at the result"
    for x, places in into.items():
        if len(places) > 1 and any("+=" not in written[i] for i in places):
            return f"What arrives at {x} along several edges is added up, with +="
    if all(line.split()[0] != f"d_{label}" for line in written):
        return f"None of them adds to d_{label}"
    return "Which names does the rule get?"
