"""What a program keeps in memory: its lines, the buffers they write, and how long these are needed.

Beside it stands what the same costs op by op, where forward keeps its results for backward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import visit
from ..symbols import Symbol
from .instructions import Instruction
from .memory import LATE, Buffer, Storage

_WIDTH = 100
_BAR = 40


@dataclass(frozen=True)
class PlannedLine:
    """A line of the program, and the names of the buffers that it writes."""

    text: str
    writes: tuple[str, ...]


@dataclass(frozen=True)
class PlannedBuffer:
    """A buffer: its name, and what is in it when.

    Attributes:
        size: bytes.
        fresh: whether it is made anew in each call, for the caller.
        lives: numbers of lines, from 1: where something is written, and where it is read last.
        memory: the number of the piece of memory that it is in: buffers may share one.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    fresh: bool
    lives: tuple[tuple[int, int], ...]
    memory: int


@dataclass(frozen=True)
class Plan:
    """Lines and buffers of a program; `print` shows them.

    Attributes:
        name: the program's.
        lines: of its function; of two halves, of both.
        buffers: in the order in which they are first written.
        eager: the most bytes that are alive at a time when it is run op by op.
    """

    name: str
    lines: tuple[PlannedLine, ...]
    buffers: tuple[PlannedBuffer, ...]
    eager: int

    @property
    def kept(self) -> int:
        """Bytes that are kept between calls."""
        sizes: dict[int, int] = {}
        for one in self.buffers:
            if not one.fresh:
                sizes[one.memory] = max(one.size, sizes.get(one.memory, 0))
        return sum(sizes.values())

    @property
    def fresh(self) -> int:
        """Bytes that each call hands to the caller."""
        return sum(buffer.size for buffer in self.buffers if buffer.fresh)

    def __str__(self) -> str:
        head = (
            f"{self.name}: {len(self.lines)} lines, {len(self.buffers)} buffers",
            f"{in_bytes(self.kept)} kept between calls, {in_bytes(self.fresh)} for the caller; "
            f"op by op {in_bytes(self.eager)} at a time",
        )
        lines = [
            f"{i:4}  {', '.join(line.writes):8}  {line.text}"
            for i, line in enumerate(self.lines, 1)
        ]
        return "\n".join([*head, "", *map(_cut, [*lines, "", *map(self._row, self.buffers)])])

    def _row(self, buffer: PlannedBuffer) -> str:
        size, shape = in_bytes(buffer.size), f"{buffer.shape} {buffer.dtype}"
        return f"{buffer.name:5}{buffer.memory:4}{size:>11}  {shape:26}  {self._bar(buffer)}"

    def _bar(self, buffer: PlannedBuffer) -> str:
        """When it is in use, over all lines from left to right; o where the caller gets it."""
        bar = ["."] * _BAR
        for first, last in buffer.lives:
            start = (first - 1) * _BAR // len(self.lines)
            end = max(start + 1, last * _BAR // len(self.lines))
            bar[start:end] = "#" * (end - start)
        return "".join(bar) + " o" * buffer.fresh


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def in_bytes(size: float) -> str:
    """A size as one reads it.

    >>> in_bytes(800), in_bytes(12_800), in_bytes(16_000_000)
    ('800 B', '12.5 KiB', '15.3 MiB')
    """
    units = ["B", "KiB", "MiB", "GiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    return f"{size:.0f} B" if units[0] == "B" else f"{size:.1f} {units[0]}"


def planned(
    name: str,
    printed: list[tuple[Instruction, list[str]]],
    storage: Storage,
    scratch: list[tuple[Buffer, Instruction]],
    eager: int,
) -> Plan:
    """The plan of instructions and their lines; `scratch` is for one instruction alone."""
    lines: list[PlannedLine] = []
    at: dict[Instruction, int] = {}
    ends: dict[Instruction, int] = {}
    starts = []
    for one, texts in printed:
        at[one] = len(lines) + 1
        starts.append(len(lines) + 1)
        homes = {storage.home[x].name: None for x in one.results if x in storage.home}
        lines += [PlannedLine(text, tuple(homes)) for text in texts]
        ends[one] = len(lines)

    def line_of(i: int) -> int:
        return len(lines) if i >= len(starts) else min(starts[i], len(lines))

    made = {x: one for one, _ in printed for x in one.results}
    pieces = [*(one.memory for one in storage.buffers), *(one.memory for one, _ in scratch)]
    numbers = {memory: i for i, memory in enumerate(dict.fromkeys(pieces), 1)}
    buffers = []
    for buffer in storage.buffers:
        lives = [(at[made[x]], line_of(storage.last.get(x, LATE))) for x in buffer.values]
        buffers.append(_planned(buffer, numbers[buffer.memory], lives))
    buffers += [
        _planned(buffer, numbers[buffer.memory], [(at[one], ends[one])]) for buffer, one in scratch
    ]
    return Plan(name, tuple(lines), tuple(buffers), eager)


def _planned(buffer: Buffer, memory: int, lives: list[tuple[int, int]]) -> PlannedBuffer:
    kind = str(buffer.dtype)
    return PlannedBuffer(
        buffer.name, buffer.shape, kind, buffer.size, buffer.fresh, tuple(lives), memory
    )


def eager_peak(outputs: Sequence[Any], results: Sequence[Any]) -> int:
    """The most bytes alive at a time, op by op.

    What outputs that have a gradient depend on stays until the end, for backward.
    """
    forward: list[Any] = []
    order: list[Any] = []
    learns = [x for x in outputs if isinstance(x, Symbol) and x.requires_grad]
    for roots, found in ((learns, forward), ([*outputs, *results], order)):
        seen: set[Any] = set()
        for x in roots:
            if isinstance(x, Symbol) and x not in seen:
                visit(x, seen, found)
    order.sort(key=lambda x: x.place)
    last = {x: i for i, node in enumerate(order) for x in node.inputs if isinstance(x, Symbol)}
    last |= dict.fromkeys([*forward, *(x for x in results if isinstance(x, Symbol))], len(order))
    ends: dict[int, int] = {}
    alive = peak = 0
    for i, node in enumerate(order):
        size = _own_bytes(node)
        alive += size
        peak = max(peak, alive)
        ends[last.get(node, i)] = ends.get(last.get(node, i), 0) + size
        alive -= ends.pop(i, 0)
    return peak


def _own_bytes(node: Any) -> int:
    """Bytes of a result that is no view of what it was made of."""
    held = node._held
    if node.op is None or not isinstance(held, np.ndarray):
        return 0
    of = [x._held for x in node.inputs if isinstance(x, Symbol)]
    return 0 if any(np.may_share_memory(held, x) for x in of) else held.nbytes
