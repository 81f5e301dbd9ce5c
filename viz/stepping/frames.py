"""`frames`: what a moving picture says, moment by moment, in the words of the stepper's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.showing import Names, formula, shorten

from .layout import safe
from .page import START, Row, short
from .steps import BackwardStep, ForwardStep

#: How long each kind of frame stays, in seconds.
SECONDS = {"start": 1.5, "forward": 1.4, "seed": 2.0, "backward": 2.8, "end": 5.0}
PRODUCT = '<tspan class="up">upstream</tspan> × <tspan class="local">local</tspan> = contribution'
FEW, MOST = 2, 8  # gradients: as many stand in one line, and are named at the end
OPS, LONGEST = 12, 60  # of the whole graph as a formula: how many are written, and its letters


@dataclass(frozen=True)
class Frame:
    """What the picture says for a moment; texts are markup of svg.

    Attributes:
        kind: one of `SECONDS`.
        phase: what goes on.
        lines: the equation, or what there is in its place.
        note: what it means.
        row: the step; None at the beginning and at the end.
    """

    kind: str
    phase: str
    lines: list[str]
    note: str = ""
    row: Row | None = None


def frames(rows: list[Row], names: Names) -> Iterator[Frame]:
    """The steps of a page, with a moment before and one after them."""
    last = {row.step.input_place: row for row in rows if isinstance(row.step, BackwardStep)}
    yield Frame("start", "Start", [safe(_whole(names))], START)
    for row in rows:
        step = row.step
        if isinstance(step, ForwardStep):
            yield Frame("forward", f"Forward · {safe(step.node.op.name)}", _equation(row), "", row)
        elif isinstance(step, BackwardStep):
            yield _backward(row, step, last[step.input_place])
        else:
            root = safe(names.root)
            note = f"A change of {root} changes {root} just as much."
            yield Frame("seed", "Backward begins at the result", _equation(row), note, row)
    yield Frame("end", "Every gradient is there", _gradients(last, names))


def _whole(names: Names) -> str:
    """What the graph computes, in the names of its leaves: `L = tanh(a × b + c)²`."""
    root = names.order[-1]
    text = formula(root, lambda x: names(x) if x.op is None else None, OPS)
    return shorten(f"{names.root} = {text}", LONGEST)


def _backward(row: Row, step: BackwardStep, last: Row) -> Frame:
    """A step backward; `last` is the one that completes the same gradient.

    How the gradient grows is said where several edges add to it: else the box says it all.
    """
    names = step.names
    phase = f"Backward · through {safe(step.node.op.name)} to {safe(names(step.input))}"
    notes = [PRODUCT] if step.factors else []
    if row is not last or not row.running.startswith("0 "):
        full = " — complete" if row is last else ""
        notes.append(safe(f"running {names.gradient(step.input)}: {row.running}{full}"))
    return Frame("backward", phase, _equation(row), "; ".join(notes), row)


def _equation(row: Row) -> list[str]:
    """The equation in two lines, its factors in the colours of the page."""
    markup = row.markup
    for tag, name in (("i", "up"), ("b", "local")):
        markup = markup.replace(f"<{tag}>", f'<tspan class="{name}">')
        markup = markup.replace(f"</{tag}>", "</tspan>")
    first, *rest = markup.split("<wbr>")
    return [first, "".join(rest).strip()] if rest else [first]


def _gradients(last: dict[int, Row], names: Names) -> list[str]:
    """The gradients of all leaves, in up to two lines."""
    found = [
        safe(f"{names.gradient(row.step.input)} = {short(row.step.after)}")
        for place, row in sorted(last.items())
        if isinstance(row.step, BackwardStep) and names.order[place].op is None
    ]
    if len(found) > MOST:
        found[MOST:] = ["…"]
    half = len(found) if len(found) <= FEW else (len(found) + 1) // 2
    return [",  ".join(part) for part in (found[:half], found[half:]) if part]
