"""What practice asks of a backward pass, and the mistakes people make."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine import Node
from engine.showing import signed

from .steps import BackwardStep, Step

CLOSE = 0.01  # relative: as close as an answer must come, and as far as mistakes stay away


@dataclass(frozen=True)
class Task:
    """One question about one step.

    Attributes:
        row: of the step in the table of steps.
        answer: the number asked for.
        solved: how it comes about, to be shown afterwards.
        mistakes: wrong numbers, and what was done to get them.
        upstream, result: what g and y stand for in a term.
    """

    row: int
    question: str
    hint: str
    answer: float
    solved: str
    mistakes: list[tuple[float, str]] = field(default_factory=list)
    upstream: float = 1.0
    result: float = 0.0


def tasks(steps: list[Step]) -> list[Task]:
    """The questions of a graph of Values, in the order of backward.

    >>> from engine import Value
    >>> from viz import steps
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for task in tasks(list(steps(a * b))):
    ...     print(task.question, task.answer)
    Backward goes from L = a × b to a. What is added to ∂L/∂a? -3.0
    Backward goes from L = a × b to b. What is added to ∂L/∂b? 2.0
    """
    found: list[Task] = []
    begun: set[int] = set()
    for row, step in enumerate(steps):
        if isinstance(step, BackwardStep):
            # one row more: where backward begins
            found.append(_contribution(row + 1, step, step.input_place in begun))
            if step.input_place in begun:
                found.append(_sum(row + 1, step))
            begun.add(step.input_place)
    return found


def _contribution(row: int, step: BackwardStep, begun: bool) -> Task:
    names = step.names
    goal, node, target = names.gradient(step.input), names(step.node), names(step.input)
    upstream = f"{names.gradient(step.node)} = {signed(step.upstream)}"
    local = names.local(step.node, step.index)
    wrong = list(_mistakes(step, local))
    if begun:
        wrong.insert(0, (step.after, f"That is all of {goal} afterwards; asked is what is added."))
    return Task(
        row,
        f"Backward goes from {node} = {names.operation(step.node)} to {target}. "
        f"What is added to {goal}?",
        f"The upstream gradient, {upstream}, times the local derivative {local}.",
        float(step.contribution),
        step.equation,
        _told(wrong, step.contribution),
        float(step.upstream),
        float(step.node.data),
    )


def _sum(row: int, step: BackwardStep) -> Task:
    goal = step.names.gradient(step.input)
    before, part = step.before, step.contribution
    wrong = [
        (part, f"That is the new contribution alone: {signed(before)} was there before."),
        (before, f"That is what was there before: {signed(part)} is added to it."),
        (before - part, "The paths are added up, not subtracted."),
        (part - before, "The paths are added up, not subtracted."),
        (before * part, "Along one path derivatives are multiplied; several paths are added up."),
    ]
    return Task(
        row,
        f"{goal} was {signed(before)} already, from another path, and {signed(part)} is added. "
        "What is it now?",
        "What flows in along several paths is added up.",
        float(step.after),
        f"{goal} = {signed(before)} + {signed(part)} = {signed(step.after)}",
        _told(wrong, step.after),
    )


def near(x: float, y: float) -> bool:
    """Whether x passes for y, as an answer."""
    return abs(x - y) <= CLOSE * abs(y) + 1e-9


def _told(wrong: list[tuple[Any, str]], answer: float) -> list[tuple[float, str]]:
    """Mistakes that can be told from the answer, and from each other."""
    told: list[tuple[float, str]] = []
    for x, why in wrong:
        if math.isfinite(x) and not any(near(x, y) for y in (answer, *(seen for seen, _ in told))):
            told.append((float(x), why))
    return told


def _mistakes(step: BackwardStep, local: str) -> Iterator[tuple[float, str]]:
    """Wrong contributions, the likeliest first."""
    g, d, part = step.upstream, step.local, step.contribution
    assert d is not None
    names, node = step.names, step.node
    upstream = f"{names.gradient(node)} = {signed(g)}"
    if node.op.name == "relu" and d == 0:
        yield g, f"relu passes nothing on where its input is not above 0: {local} is 0."
    yield d, f"That is the local derivative {local} alone; multiply it by upstream, {upstream}."
    yield g, f"That is the upstream gradient alone; multiply it by {local}."
    yield -part, "The size is right, the sign is not."
    yield from _of_op(step)
    own = float(step.input.data)
    for x in node.inputs:
        value = float(x.data if isinstance(x, Node) else x)
        if x is step.input:
            yield (
                g * value,
                (
                    f"That multiplies upstream by {names(x)} = {signed(own)} itself; "
                    f"asked is how much {names.operation(node)} changes with it: {local}."
                ),
            )
        else:
            yield g * value, f"That multiplies upstream by {names(x)}; {local} is something else."
        yield value, f"That is the value of {names(x)}, no derivative."
    yield g * node.data, f"That multiplies upstream by the result; {local} is something else."
    yield g + d, f"Upstream and {local} are multiplied, not added."
    if d:
        yield g / d, f"Upstream is multiplied by {local}, not divided."


def _of_op(step: BackwardStep) -> Iterator[tuple[float, str]]:
    """Mistakes of one op's rule."""
    node, g, index = step.node, step.upstream, step.index
    name, y = node.op.name, node.data
    a, b = ([float(getattr(x, "data", x)) for x in node.inputs] + [0.0])[:2]
    called = step.names(node)
    if name == "tanh":
        yield g * (1 - y), f"The result is squared: 1 − {called}²."
        yield g * (1 - a * a), f"Squared is the result, not the input: 1 − {called}²."
        yield g * y * y, f"Close: it is 1 − {called}²."
    elif name == "pow" and a and index == 0:
        yield g * a ** (b - 1), "The exponent comes down as a factor too."
        yield g * b * a**b, "The exponent that remains is one less."
    elif name == "square":
        yield g * a * a, "Squared is the number itself: its derivative is twice the number."
    elif name == "div" and b:
        top, bottom = (step.names(x) for x in node.inputs)
        right = f"1 / {bottom}" if index == 0 else f"−{top} / {bottom}²"
        if index == 0:
            yield g * b, f"Divided by {bottom} forward is divided by {bottom} backward: {right}."
        else:
            yield g / b, f"That is the derivative for {top}; for {bottom} it is {right}."
            yield g * a / (b * b), f"The sign is missing: {right}."
            yield -g * a / b, f"What it is divided by is squared: {right}."
