"""`summary`: the layers of a model with the shapes they put out and the parameters they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Compiled, no_grad
from engine.showing import escaped, html_card, html_tree

from .blocks import EvalMode, Hooked
from .checks import dtype_of, instance_of
from .module import Module
from .parameter import leaves
from .tree import MODULE, named


@dataclass(frozen=True)
class SummaryRow:
    """A module: its name and depth in the tree, its class, what it put out, what it holds itself.

    `shapes` has an entry for each array of the output, `calls` says how often it was called.
    """

    name: str
    depth: int
    kind: str
    shapes: tuple[tuple[int, ...], ...]
    calls: int
    parameters: int


@dataclass(frozen=True)
class Summary:
    """What `summary` found; prints as a table.

    A parameter that two modules share counts once, at the first of them.
    """

    rows: tuple[SummaryRow, ...]
    parameters: int
    trainable: int
    size: int  # in bytes

    def __str__(self) -> str:
        names = [
            "  " * row.depth + (f"{row.name.rpartition('.')[2]}: " if row.name else "") + row.kind
            for row in self.rows
        ]
        shapes = [_shapes(row) for row in self.rows]
        counts = [_count(row) for row in self.rows]
        widths = [
            max(map(len, [head, *column]))
            for head, column in zip(HEADS, (names, shapes, counts), strict=True)
        ]
        lines = [_line(HEADS, widths), "─" * (sum(widths) + 3)]
        lines += [_line(cells, widths) for cells in zip(names, shapes, counts, strict=True)]
        lines += [lines[1], self._total]
        return "\n".join(line.rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows: a tree of the modules, with what they put out and hold."""
        items = [(row.depth, _html(row)) for row in self.rows]
        return html_card(self._total, html_tree(items, opened=DEEP), MODULE)

    @property
    def _total(self) -> str:
        frozen = self.parameters - self.trainable
        note = f", {frozen:,} of them frozen" if frozen else ""
        return f"{self.parameters:,} parameters{note}; {_bytes(self.size)}"


DEEP = 100  # levels of a tree that are open: all there are
HEADS = ("layer", "output shape", "parameters")


def summary(model: Any, *inputs: Any) -> Summary:
    """Run a model once and list its modules, with output shapes and numbers of parameters.

    The model runs in eval mode and without recording, and is left as it was.

    Args:
        model: a Module of either tier; of a compiled one that itself is run.
        inputs: what it is called with.

    Raises:
        TypeError: model is not a Module.

    >>> from nn import Flatten, Linear, Sequential
    >>> summary(Sequential(Flatten(), Linear(6, 2, rng=0)), np.zeros((5, 2, 3)))
    layer        output shape  parameters
    ─────────────────────────────────────
    Sequential   (5, 2)                 –
      0: Flatten (5, 6)                 –
      1: Linear  (5, 2)                14
    ─────────────────────────────────────
    14 parameters; 112 bytes
    """
    if isinstance(model, Compiled):
        model = model.function
    instance_of(Module, model=model)
    outputs: dict[int, list[Any]] = {}

    def note(module: Module, _inputs: Any, output: Any) -> None:
        outputs.setdefault(id(module), []).append(output)

    modules = list(model.named_modules())
    with Hooked((module, note) for _, module in modules), EvalMode(model), no_grad():
        model(*inputs)
    parameters = list(model.parameters())
    return Summary(
        rows=tuple(_rows(modules, outputs)),
        parameters=sum(np.size(p) for p in parameters),
        trainable=sum(np.size(p) for p in parameters if any(x.requires_grad for x in leaves(p))),
        size=sum(np.size(p) * dtype_of(p).itemsize for p in parameters),
    )


def _rows(modules: list[tuple[str, Module]], outputs: dict[int, list[Any]]) -> list[SummaryRow]:
    seen: set[int] = set()
    rows = []
    for name, module in modules:
        own = [getattr(module, key) for key in module._parameters]
        fresh = {id(p): p for p in own if p is not None and id(p) not in seen}
        seen |= fresh.keys()
        found = outputs.get(id(module), [])
        rows.append(
            SummaryRow(
                name=name,
                depth=name.count(".") + 1 if name else 0,
                kind=type(module).__name__,
                shapes=tuple(_arrays(found[-1])) if found else (),
                calls=len(found),
                parameters=sum(np.size(p) for p in fresh.values()),
            )
        )
    return rows


def _arrays(output: Any) -> list[tuple[int, ...]]:
    """The shapes of the arrays in an output, however they are nested."""
    if hasattr(output, "shape"):
        return [tuple(output.shape)]
    if isinstance(output, dict):
        output = output.values()
    elif not isinstance(output, tuple | list):
        return []
    return [shape for part in output for shape in _arrays(part)]


def _count(row: SummaryRow) -> str:
    return f"{row.parameters:,}" if row.parameters else "–"


def _html(row: SummaryRow) -> str:
    """A row of the tree: the shapes stand below each other, however deep the module is."""
    column = f"display:inline-block;min-width:{18 - 1.2 * row.depth:g}em"
    kind = f'<span style="{column}">{named(row.name, row.kind)}</span>'
    shapes = f'<span style="display:inline-block;min-width:9em">{escaped(_shapes(row))}</span>'
    return f"{kind} {shapes} {_count(row)}{' parameters' * bool(row.parameters)}"


def _shapes(row: SummaryRow) -> str:
    if not row.calls:
        return "not called"
    shapes = ", ".join(map(str, row.shapes)) or "–"
    return f"{shapes} ×{row.calls}" if row.calls > 1 else shapes


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, shape, count = cells
    return f"{name:<{widths[0]}} {shape:<{widths[1]}}  {count:>{widths[2]}}"


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
