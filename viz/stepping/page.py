"""The stepper's page: the table of steps, the data its script works on, and the file around them.

The table holds every equation and stays where scripts are removed.  The data say which node and
edge each of its rows is about: a step is what changes, never a whole state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Tensor, Value
from engine.showing import Names, brief, minus, number, signed

from .elements import GRID, Elements, Index
from .layout import Drawing, safe
from .program import filled, packed, program, script_json
from .rerun import rerun_script
from .routes import flows, layers
from .rule_source import rule_mathml
from .steps import BackwardStep, ForwardStep, Step
from .twin_data import twin_data

KEY = 12  # bytes, at most, of a row's number and the signs around it
WIDE = 16  # of an op with more inputs, the rule is not written out edge by edge

#: What a page may take, in bytes: to begin with, for each node, and in all.
PAGE, PER_NODE, LARGEST = 30_000, 2_000, 2_000_000

START = "Leaves and inputs have their values; nothing else is computed yet."

#: Files of the script beside those of every page: of graphs of arrays, and of numbers.
TWINS = ("twin.css", "elements.js", "twin.js")
NUMBERS = ("rerun.css", "rerun.js", "ledger.js", "nudge.js", "descent.js")


@dataclass(frozen=True)
class Row:
    """One line of the table of steps: its equation as text and HTML, the running gradient."""

    text: str
    markup: str
    running: str
    step: Step | None  # None where backward begins


def rows(steps: list[Step], names: Names, seed: Any) -> list[Row]:
    """The table of steps: the ops, where backward begins, the edges."""
    forward = [_forward_row(step) for step in steps if isinstance(step, ForwardStep)]
    backward = [_backward_row(step) for step in steps if isinstance(step, BackwardStep)]
    text = f"{names.gradient(names.order[-1])} = {brief(seed)}"
    begin = Row(text, safe(text), f"{short(None)} → {short(seed)}", None)
    return [*forward, begin, *backward]


def _forward_row(step: ForwardStep) -> Row:
    parts = step.parts
    markup = f"{safe(parts[0])} = {'<wbr> = '.join(map(safe, parts[1:]))}"
    return Row(step.equation, markup, "", step)


def _backward_row(step: BackwardStep) -> Row:
    running = f"{short(step.before)} → {short(step.after)}"
    parts = [safe(part) for part in step.parts]
    if step.factors:  # upstream and local derivative are told apart
        (upstream, local), numbers = step.factors
        target = safe(step.names.gradient(step.input))
        parts[:2] = [
            f"{target} += {_coloured(upstream, ' · ', local)}",
            _coloured(numbers[0], " × ", numbers[1]),
        ]
    return Row(step.equation, "<wbr> = ".join(parts), running, step)


def _coloured(left: str, sign: str, right: str) -> str:
    return f"<i>{safe(left)}</i>{sign}<b>{safe(right)}</b>"


def short(x: Any) -> str:
    """A number, or the norm of an array: what fits in a box."""
    if x is None:
        return "0"
    if np.ndim(x) == 0:
        return signed(x)
    with np.errstate(over="ignore"):
        return f"norm {signed(np.linalg.norm(np.asarray(x, dtype=np.float64)))}"


def value(node: Any) -> str:
    """What the box of a node says of its data: the number, or the shape."""
    return str(node.shape) if node.ndim else brief(node.data)


def slope(step: BackwardStep) -> str:
    """The local derivative as it stands on the edge; "" between arrays."""
    return "" if step.local is None else minus(number(step.local, 4))


def table(lines: list[Row]) -> str:
    """The table of steps as HTML: what a row sets equal is kept apart by `<wbr>`."""
    body = "".join(f"<tr><td>{row.markup}<td>{safe(row.running)}" for row in lines)
    return (
        '<table><thead><tr><th scope="col">step<th scope="col">running gradient</thead>'
        f"<tbody>{body}</tbody></table>"
    )


def page(
    lines: list[Row], names: Names, drawing: Drawing | str, chosen: Mapping[str, list[Index]]
) -> str:
    """The whole page.

    Args:
        drawing: the graph, or why there is none.
        chosen: elements to write out whatever they cost, by the name of their array.
    """
    root = names.order[-1]
    fixed = {
        "title": safe(f"backward of {names.root}, step by step"),
        "what": safe(
            f"{names.root} = {brief(root.data)}: {len(names.order):,} nodes, {len(lines):,} steps"
        ),
        "svg": drawing.svg if isinstance(drawing, Drawing) else f"<p>{safe(drawing)}</p>",
        "table": table(lines),
        "count": f"{len(lines):,}",
    }
    data = page_data(lines, names)

    def with_files(more: tuple[str, ...], declared: str) -> str:
        script = program(more, f"const data = {script_json(data)};\n{declared}")
        return filled(script, **fixed)

    if not isinstance(root, Tensor):
        found = [row.step for row in lines if row.step is not None]
        return with_files(NUMBERS, rerun_script(found, names)) if found else with_files((), "")
    data["inputs"] = [
        [names.place[id(x)] for x in node.inputs if isinstance(x, Tensor)] for node in names.order
    ]
    size = len(with_files(TWINS, "").encode("utf-8"))
    room = min(PAGE + PER_NODE * len(names.order), LARGEST) - size
    opened = {i: Elements(row.step) for i, row in enumerate(lines) if row.step is not None}
    data["cells"] = _cells(opened, chosen, room)
    return with_files(TWINS, twin_data(opened, chosen, room - _size(data["cells"])))


# --- the data ---


def _size(data: Any) -> int:
    """What data take in the page, rather too much: among others they are packed less tightly."""
    return round(1.15 * len(packed(script_json(data))))


def page_data(lines: list[Row], names: Names) -> dict[str, Any]:
    """What the script needs beside the table: each row's node and edge, names, rules."""
    rules: dict[tuple[str, str], int] = {}
    steps: list[list[Any]] = []
    carried = flows([row.step for row in lines])
    for i, row in enumerate(lines):
        if row.step is None:
            steps.append([1, len(names.order) - 1])
        elif isinstance(row.step, ForwardStep):
            steps.append([0, row.step.place])
        else:
            rule = rules.setdefault(
                (row.step.rule, rule_mathml(row.step.node, row.step.index)), len(rules)
            )
            steps.append(_edge(row.step, rule, carried[i]))
    return {
        "root": names.root,
        "shapes": int(isinstance(names.order[-1], Tensor)),
        "start": START,
        "nodes": [_node(node, names) for node in names.order],
        "ops": [node.op.name if node.op is not None else "" for node in names.order],
        "rules": list(rules),
        "written": _written(names.order),
        "steps": steps,
        "layers": layers(names.order),
    }


def _written(order: list[Any]) -> dict[str, list[str]]:
    """What runs each op of a graph of Values, forward and backward, as written from its row."""
    ops = {x.op.name: x.op for x in order if x.op is not None and isinstance(x, Value)}
    sources = {name: op.source for name, op in ops.items()}
    return {name: source.rstrip().split("\n\n", 1) for name, source in sources.items() if source}


def _node(node: Any, names: Names) -> list[Any]:
    """Name, kind, data; and the whole label, where the name is not it."""
    kind = "result" if node.op is not None else "leaf" if node.requires_grad else "input"
    name, label = names(node), str(node.label)
    row = [name, kind, value(node)]
    return row if label in ("", name) else [*row, label]


def _edge(step: BackwardStep, rule: int, carried: int) -> list[Any]:
    """Node, input, the node there, rule, formula, slope, flow; and the whole new gradient."""
    formula = ""
    if step.local is not None:  # of arrays, the equation is the formula already
        formula = step.formula if len(step.node.inputs) <= WIDE else ""
    row = [2, step.place, step.index, step.input_place, rule, formula, slope(step), carried]
    whole = brief(step.after)
    return row if whole == short(step.after) or np.size(step.after) > GRID else [*row, whole]


# --- the elements of arrays ---


def _cells(
    opened: dict[int, Elements], chosen: Mapping[str, list[Index]], room: int
) -> dict[int, dict[str, Any]]:
    """The numbers of small arrays, and what each comes from, as far as there is room for it.

    Numbers come before what they come from, early steps before late ones, what was asked for
    before everything.
    """
    cells: dict[int, dict[str, Any]] = {}
    for i, elements in opened.items():
        found = _numbers(elements, chosen.get(elements.name, []))
        if found is None:
            continue
        cost = _size(found) + KEY
        if found["written"] or cost <= room:
            room -= cost
            cells[i] = found
    for i, found in cells.items():
        elements = opened[i]
        if elements.too_large or elements.array.size > GRID:
            continue
        written = {
            k: "\n= ".join(elements.parts(place))
            for k, place in enumerate(np.ndindex(elements.shape))
        }
        cost = _size(written)
        if cost <= room:
            room -= cost
            found["written"].update(written)
    return cells


def _numbers(elements: Elements, wanted: list[Index]) -> dict[str, Any] | None:
    """The numbers of a small array, or the wanted ones of a large one; None if there are none."""
    places, shape = elements.places(wanted), elements.shape
    if not shape or not places:
        return None
    whole = len(places) == elements.array.size
    return {
        "shape": str(shape),
        "columns": shape[-1] if whole else max(1, min(4, len(wanted))),
        "places": [",".join(map(str, place)) for place in places],
        "values": [short(elements.array[place]) for place in places],
        "written": {
            places.index(place): elements.too_large or "\n= ".join(elements.parts(place))
            for place in wanted
        },
    }
