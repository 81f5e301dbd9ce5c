"""`memory`: the bytes that a graph keeps, by op."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node
from ..showing import escaped, html_card, html_table
from ..tensors import Tensor, array_kept, inputs_kept
from ..values import Value

LEAVES, CONSTANTS = "leaves", "constants"
HEAD = ("", "nodes", "kept", "gradients", "let go")


@dataclass(frozen=True)
class Kept:
    """What the nodes of one op keep.

    Attributes:
        name: of the op; "leaves" of those that require a gradient, "constants" of all other data.
        nodes: how many there are.
        kept: bytes of their numbers.
        gradients: bytes of their `.grad`.
        let_go: bytes that results would have, but do not: computed again where they are asked for.
    """

    name: str
    nodes: int = 0
    kept: int = 0
    gradients: int = 0
    let_go: int = 0

    def cells(self) -> tuple[str, ...]:
        """What a table says of it."""
        sizes = [in_bytes(x) if x else "" for x in (self.kept, self.gradients, self.let_go)]
        return self.name, f"{self.nodes:,}" if self.nodes else "", *sizes


def in_bytes(count: float) -> str:
    """A number of bytes with its unit.

    >>> in_bytes(300), in_bytes(8_000_000)
    ('300 B', '7.63 MiB')
    """
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            one = count / scale
            return f"{one:.3g} {unit}" if one < 999.5 else f"{one:,.0f} {unit}"
    return f"{count:.0f} B"


@dataclass(frozen=True)
class GraphMemory:
    """The answer of `memory`, which shows itself as a table.

    Attributes:
        ops: what results of each op keep, the most first.
        leaves: what the leaves that require a gradient keep: they are there without the graph too.
        constants: of all other arrays: inputs that require no gradient, constants in ops, indices.
    """

    ops: tuple[Kept, ...]
    leaves: Kept
    constants: Kept

    @property
    def total(self) -> Kept:
        """All of it in one line."""
        return _sum("total", (*self.ops, self.leaves, self.constants))

    @property
    def intermediate(self) -> int:
        """Bytes of the results: what the graph keeps beside leaves and constants."""
        return sum(row.kept for row in self.ops)

    @property
    def rows(self) -> tuple[Kept, ...]:
        """The lines of the table, that of the total last."""
        return (
            *self.ops,
            *[row for row in (self.leaves, self.constants) if row.nodes or row.kept],
            self.total,
        )

    def _lines(self) -> list[tuple[str, ...]]:
        """The table's head and rows, without the columns in which nothing stands."""
        lines = [HEAD, *(row.cells() for row in self.rows)]
        used = [i for i in range(len(HEAD)) if any(line[i] for line in lines[1:])]
        return [tuple(line[i] for i in used) for line in lines]

    def __repr__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        head, *rows = [tuple(map(escaped, line)) for line in self._lines()]
        title = f"a graph of {self.total.nodes:,} nodes keeps {in_bytes(self.total.kept)}"
        return html_card(title, html_table(rows, head))


def memory(root: Any) -> GraphMemory:
    """What the graph below `root` keeps, by op, in bytes.

    Of Tensors the arrays are counted, each once: views share the numbers of what they show, which
    count for the node that comes first.  Of Values all of a node, number and all.

    Raises:
        TypeError: root is not a Value or a Tensor.

    >>> from engine import Tensor
    >>> w = Tensor([[0.5] * 100] * 10, requires_grad=True, label="w")
    >>> y = ((w * 2.0).tanh() + 1.0).sum()
    >>> y.backward()
    >>> memory(y)
            nodes      kept  gradients
    mul         1  7.81 KiB
    tanh        1  7.81 KiB
    add         1  7.81 KiB
    sum         1       8 B
    leaves      1  7.81 KiB   7.81 KiB
    total       5  31.3 KiB   7.81 KiB
    """
    if not isinstance(root, Value | Tensor):
        raise TypeError(
            f"memory() takes a Value or a Tensor, the result of a graph, got {type(root).__name__}"
        )
    seen: set[int] = set()
    rows: dict[str, Kept] = {}
    order = toposort(root)
    for node in order:
        name = node.op.name if node.op else LEAVES if node.requires_grad else CONSTANTS
        rows[name] = _sum(name, (rows.get(name, Kept(name)), _of_node(node, seen)))
    leaves, constants = (rows.pop(name, Kept(name)) for name in (LEAVES, CONSTANTS))
    further = sum(_size(x, seen) for node in order for x in _further(node))
    constants = _sum(CONSTANTS, (constants, Kept("", kept=further)))
    return GraphMemory(tuple(sorted(rows.values(), key=lambda row: -row.kept)), leaves, constants)


def _sum(name: str, rows: tuple[Kept, ...]) -> Kept:
    counts = [(row.nodes, row.kept, row.gradients, row.let_go) for row in rows]
    return Kept(name, *map(sum, zip(*counts, strict=True)))


def _of_node(node: Any, seen: set[int]) -> Kept:
    """What a node keeps of its own, but not what was seen before."""
    gradient = node._grad
    gradient = gradient._held if isinstance(gradient, Node) else gradient
    gradients = sys.getsizeof(gradient) if type(gradient) is float else _size(gradient, seen)
    if isinstance(node, Value):
        parts = [node, node._held, *[x for x in (node._a, node._b) if isinstance(x, tuple | dict)]]
        return Kept("", 1, sum(map(sys.getsizeof, parts)), gradients)
    array = array_kept(node)
    if array is None:
        return Kept("", 1, 0, gradients, math.prod(node.shape) * node.dtype.itemsize)
    return Kept("", 1, _size(array, seen), gradients)


def _further(node: Any) -> Iterator[Any]:
    """The arrays that a node keeps beside results: constants, indices."""
    if not isinstance(node, Value):
        yield from inputs_kept(node)
    for given in node.params.values():
        yield from given if isinstance(given, tuple | list) else [given]


def _size(x: Any, seen: set[int]) -> int:
    """Bytes of the array whose numbers x shows, if it was not seen before; of no array 0."""
    if not isinstance(x, np.ndarray):
        return 0
    while isinstance(x.base, np.ndarray):
        x = x.base
    if id(x) in seen:
        return 0
    seen.add(id(x))
    return x.nbytes
