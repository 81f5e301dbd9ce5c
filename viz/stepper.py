"""`step_through`: a page that shows backward one edge at a time, in a notebook or as one file."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from engine import Tensor
from engine.stepping import Pass

from .boxes import GraphTooLargeError, checked_order
from .elements import Elements
from .formula import minus, signed
from .layout import Drawing, arrange
from .render import RenderError
from .steps import BackwardStep, ForwardStep, Names, Step, brief, walk
from .text import _printable, number

__all__ = ["Stepper", "step_through"]

MAX_NODES = 1000
MAX_STEPS = 8000
GRID = 64  # arrays of up to so many numbers are shown number by number
WIDE = 16  # of an op with more inputs, the rule is not written out edge by edge
DIRECTIONS = ("LR", "TB")
FRAME = 680  # height in a notebook, in pixels

#: What a page may take, in bytes: so much, and so much more for each node.
PAGE, PER_NODE = 30_000, 2_000


@dataclass(frozen=True)
class Row:
    """One line of the table of steps: its equation as text and HTML, the running gradient."""

    text: str
    markup: str
    running: str
    step: Step | None  # None where backward begins


class Stepper:
    """A backward pass to look at, step by step.

    In a notebook it shows itself; `save` writes it as one HTML file that needs nothing else;
    `print` gives the steps as text.  No `.grad` is touched: what the last step shows is what
    `backward` would add to it.

    Attributes:
        order: the nodes of the graph, inputs before results.
        steps: all steps, as `viz.steps` gives them.
    """

    def __init__(
        self,
        root: Any,
        gradient: Any,
        direction: str,
        max_nodes: int,
        elements: Mapping[str, Any],
    ) -> None:
        self.order = _checked(root, max_nodes)
        one = Pass(root, gradient)
        self.seed = one.running(root)
        with np.errstate(all="ignore"):
            self.steps = _collected(walk(one, commit=False))
        self.names = self.steps[0].names if self.steps else Names(self.order)
        self.direction = direction
        self.chosen = _chosen(elements, self.names)
        self._is_tensor = isinstance(root, Tensor)

    # --- the steps as text ---

    @cached_property
    def rows(self) -> list[Row]:
        """The table of steps: the ops, where backward begins, the edges."""
        forward = [_forward_row(s) for s in self.steps if isinstance(s, ForwardStep)]
        backward = [_backward_row(s) for s in self.steps if isinstance(s, BackwardStep)]
        root = self.order[-1]
        seed = f"{self.names.gradient(root)} = {brief(self.seed)}"
        begin = Row(seed, _safe(seed), f"{short(None)} → {short(self.seed)}", None)
        return [*forward, begin, *backward]

    def text(self) -> str:
        """The steps for a terminal, a line each.

        >>> from engine import Value
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> print(step_through(a * b).text())
        forward
          1  L = a × b = 2 × −3 = −6
        backward
          2  ∂L/∂L = 1
          3  ∂L/∂a += ∂L/∂L · ∂L/∂a = 1 × −3 = −3   (0 → −3)
          4  ∂L/∂b += ∂L/∂L · ∂L/∂b = 1 × 2 = 2   (0 → 2)
        """
        wide = len(str(len(self.rows)))
        lines = ["forward"] if self.rows[0].step is not None else []
        for i, row in enumerate(self.rows, 1):
            if row.step is None:
                lines.append("backward")
            running = f"   ({row.running})" if isinstance(row.step, BackwardStep) else ""
            lines.append(f"  {i:>{wide}}  {''.join(map(_printable, row.text))}{running}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return (
            f"<Stepper of {len(self.rows):,} steps; "
            '.save("steps.html"), .text(), or leave it as the last line of a cell>'
        )

    # --- the page ---

    @cached_property
    def html(self) -> str:
        """The page: one file, which asks for nothing from anywhere.

        Raises:
            RenderError: never; where there is no Graphviz the page says so in place of the graph.
        """
        graph = self._graph
        fixed = {
            "title": _safe(f"backward of {self.names.root}, step by step"),
            "what": _safe(self._what()),
            "graph_css": _asset("graph.css"),
            "css": _asset("stepper.css"),
            "js": _asset("stepper.js"),
            "svg": graph.svg if isinstance(graph, Drawing) else f"<p>{_safe(graph)}</p>",
            "table": self._table(),
            "count": f"{len(self.rows):,}",
        }
        page = Template(_asset("stepper.html"))
        data = self._data()
        size = len(page.substitute(fixed, data=_json(data)).encode("utf-8"))
        self._write_elements(data, PAGE + PER_NODE * len(self.order) - size)
        return page.substitute(fixed, data=_json(data))

    def save(self, path: str | Path) -> Path:
        """Write the page to `path`; return the path.

        Raises:
            ValueError: the suffix is not .html.
            OSError: the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"the file must end in .html, got {str(path)!r}")
        path.write_text(self.html, encoding="utf-8", newline="\n")
        return path

    def _repr_html_(self) -> str:
        """The page in a frame; beside it, for where frames are taken out, picture and table.

        The style hides the still part wherever the frame is there.
        """
        graph = self._graph
        if isinstance(graph, Drawing):
            encoded = base64.b64encode(graph.alone().encode("utf-8")).decode("ascii")
            alt = _safe(f"graph of {self.names.root}")
            picture = f'<img alt="{alt}" src="data:image/svg+xml;base64,{encoded}">'
        else:
            picture = f"<p>{_safe(graph)}</p>"
        return (
            "<style>.twingrad-frame + .twingrad-still {display: none}</style>"
            f'<iframe class="twingrad-frame" sandbox="allow-scripts" '
            'title="backward, step by step" '
            f'style="width:100%;height:{FRAME}px;border:1px solid #8886" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
            f'<div class="twingrad-still">{picture}{self._table()}</div>'
        )

    # --- its parts ---

    @cached_property
    def _graph(self) -> Drawing | str:
        """The drawing; or why there is none."""
        grads: dict[int, str] = {len(self.order) - 1: short(self.seed)}
        for step in self.steps:
            if isinstance(step, BackwardStep):
                grads[step.input_place] = short(step.after)
        texts = {i: (_value(node), grads.get(i, "none")) for i, node in enumerate(self.order)}
        try:
            return arrange(self.order, self.names, self.direction, texts)
        except RenderError as error:
            return str(error)

    def _what(self) -> str:
        root = self.order[-1]
        return (
            f"{self.names.root} = {brief(root.data)}: {len(self.order):,} nodes, "
            f"{len(self.rows):,} steps"
        )

    def _table(self) -> str:
        lines = "\n".join(f"<tr><td>{row.markup}<td>{_safe(row.running)}" for row in self.rows)
        return (
            '<table><thead><tr><th scope="col">step<th scope="col">running gradient</thead>'
            "<tbody>\n"
            f"{lines}\n</tbody></table>"
        )

    def _data(self) -> dict[str, Any]:
        rules: dict[str, int] = {}
        steps = []
        for row in self.rows:
            step = row.step
            if step is None:
                steps.append([1, len(self.order) - 1])
            elif isinstance(step, ForwardStep):
                steps.append([0, step.place])
            else:
                rule = rules.setdefault(step.rule, len(rules))
                steps.append(_backward_data(step, rule))
        return {
            "root": self.names.root,
            "shapes": int(self._is_tensor),
            "start": "Leaves and inputs have their values; nothing else is computed yet.",
            "nodes": [self._node_data(i, node) for i, node in enumerate(self.order)],
            "ops": [node.op.name if node.op is not None else "" for node in self.order],
            "rules": list(rules),
            "steps": steps,
            "cells": {},
            "unwritten": "not written out here, to keep the page small: "
            'step_through(…, elements={"name": (0, 1)}) writes out the elements you name',
        }

    def _node_data(self, place: int, node: Any) -> list[Any]:
        kind = "result" if node.op is not None else "leaf" if node.requires_grad else "input"
        name, label = self.names(node), str(node.label)
        row = [name, kind, _value(node)]
        return row if label in ("", name) else [*row, label]

    def _write_elements(self, data: dict[str, Any], room: int) -> None:
        """Add the elements of small arrays to the data, as far as the page has room for them."""
        if not self._is_tensor:
            return
        for i, row in enumerate(self.rows):
            if row.step is None:
                continue
            cells = self._cells(row.step)
            if cells is None:
                continue
            room -= _size(cells)
            if room < 0 and not cells["written"]:
                continue
            data["cells"][i] = cells
        for i, cells in data["cells"].items():
            step = self.rows[i].step
            assert step is not None
            elements = Elements(step)
            if elements.too_large or (elements.shape and np.prod(elements.shape) > GRID):
                continue
            written = {
                k: "\n= ".join(elements.parts(place))
                for k, place in enumerate(np.ndindex(elements.shape))
            }
            room -= _size(written)
            if room >= 0:
                cells["written"].update(written)

    def _cells(self, step: Step) -> dict[str, Any] | None:
        """The numbers of a small array, or the chosen ones of a large one."""
        if isinstance(step, ForwardStep):
            array, target = step.result, step.node
        else:
            array, target = step.contribution, step.input
        if not np.ndim(array):
            return None
        wanted = self.chosen.get(self.names(target), [])
        if np.size(array) <= GRID and np.size(array):
            places = list(np.ndindex(np.shape(array)))
            columns = np.shape(array)[-1]
        else:
            places, columns = wanted, max(1, min(8, len(wanted)))
        if not places:
            return None
        elements = Elements(step)
        written = {}
        for place in wanted:
            _check_place(place, np.shape(array), self.names(target))
            written[places.index(place)] = elements.too_large or "\n= ".join(elements.parts(place))
        return {
            "shape": str(np.shape(array)),
            "columns": columns,
            "places": [",".join(map(str, place)) for place in places],
            "values": [short(array[place]) for place in places],
            "written": written,
        }


def step_through(
    root: Any,
    gradient: Any = None,
    *,
    direction: str = "LR",
    max_nodes: int = MAX_NODES,
    elements: Mapping[str, Any] | None = None,
) -> Stepper:
    """A page that shows `root.backward(gradient)` edge by edge: local × upstream, added up.

    Args:
        root: a Value or a Tensor.
        gradient: as `backward` takes it.
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        max_nodes: the largest graph to show.
        elements: of arrays too large to be shown whole, the elements to write out number by
            number: an index or a list of indices for each array's name, `{"w": [(0, 1), (2, 3)]}`.

    Raises:
        TypeError, ValueError, RuntimeError: as `viz.steps`; direction is neither;
            (`GraphTooLargeError`) the graph is too large; `elements` names no array of the graph.
        IndexError: an index of `elements` is not one of the array.

    >>> from engine import Value, tanh
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> step_through(tanh(a * b))
    <Stepper of 6 steps; .save("steps.html"), .text(), or leave it as the last line of a cell>
    """
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction must be 'LR' (left to right) or 'TB' (top down), got {direction!r}"
        )
    return Stepper(root, gradient, direction, max_nodes, elements or {})


def _checked(root: Any, max_nodes: int) -> list[Any]:
    order = checked_order(root)
    if len(order) > max_nodes:
        raise GraphTooLargeError(
            f"the graph has {len(order):,} nodes, more than the {max_nodes:,} a page can step "
            "through: step through an earlier result or a smaller batch, or read viz.steps(root), "
            "which has no limit"
        )
    return order


def _collected(steps: Iterable[Step]) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        found.append(step)
        if len(found) > MAX_STEPS:
            raise GraphTooLargeError(
                f"the graph has more than the {MAX_STEPS:,} steps a page can hold: step through "
                "an earlier result, or read viz.steps(root), which has no limit"
            )
    return found


def _chosen(elements: Mapping[str, Any], names: Names) -> dict[str, list[tuple[int, ...]]]:
    """The elements to write out, as lists of index tuples."""
    known = {names(node): node for node in names.order}
    chosen: dict[str, list[tuple[int, ...]]] = {}
    for name, wanted in elements.items():
        if name not in known or not np.ndim(known[name].data):
            arrays = [key for key, node in known.items() if np.ndim(node.data)]
            raise ValueError(
                f"elements names {name!r}, which is no array of this graph: "
                f"{', '.join(arrays) or 'it has none'}"
            )
        indices = wanted if isinstance(wanted, list) else [wanted]
        chosen[name] = [i if isinstance(i, tuple) else (i,) for i in indices]
        for place in chosen[name]:
            _check_place(place, np.shape(known[name].data), name)
    return chosen


def _check_place(place: tuple[int, ...], shape: tuple[int, ...], name: str) -> None:
    fits = len(place) == len(shape) and all(
        isinstance(i, int | np.integer) and 0 <= i < n for i, n in zip(place, shape, strict=True)
    )
    if not fits:
        raise IndexError(f"elements: {place} is not an index of {name}, of shape {shape}")


# --- texts ---


def short(x: Any) -> str:
    """A number, or the norm of an array: what fits in a box."""
    if x is None:
        return "0"
    if np.ndim(x) == 0:
        return signed(x)
    with np.errstate(over="ignore"):
        return f"norm {signed(np.linalg.norm(np.asarray(x, dtype=np.float64)))}"


def _value(node: Any) -> str:
    """What the box of a node says of its data: the number, or the shape."""
    return str(node.shape) if node.ndim else brief(node.data)


def _safe(text: str) -> str:
    return html.escape("".join(map(_printable, text)))


def _forward_row(step: ForwardStep) -> Row:
    parts = step.parts
    markup = f"{_safe(parts[0])} = {'<wbr> = '.join(map(_safe, parts[1:]))}"
    return Row(step.equation, markup, "", step)


def _backward_row(step: BackwardStep) -> Row:
    names = step.names
    running = f"{short(step.before)} → {short(step.after)}"
    if step.local is None:
        parts = step.parts
        return Row(step.equation, "<wbr> = ".join(map(_safe, parts)), running, step)
    local = f"∂{names(step.node)}/∂{names(step.input)}"
    markup = (
        f"{_safe(names.gradient(step.input))} += <i>{_safe(names.gradient(step.node))}</i> · "
        f"<b>{_safe(local)}</b><wbr> = <i>{_safe(brief(step.upstream))}</i> × "
        f"<b>{_safe(brief(step.local))}</b><wbr> = {_safe(brief(step.contribution))}"
    )
    return Row(step.equation, markup, running, step)


def _backward_data(step: BackwardStep, rule: int) -> list[Any]:
    row: list[Any] = [2, step.place, step.index, step.input_place, rule]
    is_number = step.local is not None
    formula = ""
    if is_number and len(step.node.inputs) <= WIDE:
        formula = step.formula
    few = brief(step.after)
    local = minus(number(step.local, 4)) if is_number else ""
    row += [formula, local]
    return row if few == short(step.after) or np.size(step.after) > GRID else [*row, few]


# --- the page's data ---


def _json(data: Any) -> str:
    r"""Data as the inside of a script element: no `<` in it, and half surrogates as `\ud800`."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<\u2028\u2029\ud800-\udfff]", lambda m: f"\\u{ord(m.group()):04x}", text)


def _size(data: Any) -> int:
    return len(_json(data).encode("utf-8"))


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
