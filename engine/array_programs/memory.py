"""Where results are written: buffers that are kept between calls, and written again once free."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .instructions import CALL, CHAIN, COPY, ELEMENTWISE, VIEW, Instruction, Steps, Value

LATE = 1 << 60


#: How much larger than needed a piece of memory may be, and still be used again.
_WASTE = 4


@dataclass(eq=False)
class Memory:
    """A piece of memory that is used again and again.

    Attributes:
        size: bytes.
        buffers: what it is used as: with different shapes and dtypes.
        shared: whether what is in it later has nothing to do with what was in it first.
    """

    size: int
    buffers: list[Buffer] = field(default_factory=list)
    shared: bool = False


@dataclass(eq=False)
class Buffer:
    """A place for arrays of one shape and dtype, one after the other.

    Attributes:
        memory: where it is.
        fresh: whether it is handed to the caller, and so made anew in each call.
        name: the variable's.
        values: what is written into it, in order.
    """

    shape: tuple[int, ...]
    dtype: Any
    memory: Memory
    fresh: bool = False
    name: str = ""
    values: list[Value] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * int(self.dtype.itemsize)


class Storage:
    """The buffers of a program, by what liveness says.

    Attributes:
        buffers: all, in the order of their first writing.
        home: the buffer of each value that has one; others are variables, or views.
        owners: of each value, those whose memory it may read.
        last: the line that reads the memory of a value for the last time.
        handed: the values whose memory the caller gets.
        shown: the same for each result that is one of them, or a view of it.
    """

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.lines = [one for half in steps.halves for one in half]
        self.buffers: list[Buffer] = []
        self.home: dict[Value, Buffer] = {}
        self.owners: dict[Value, frozenset[Value]] = {}
        self.last: dict[Value, int] = {}
        self._note_owners()
        self._note_lives()
        self._place()

    def owners_of(self, x: Value) -> frozenset[Value]:
        """The values whose memory x may be, or be part of; of a constant none."""
        return self.owners.get(x, frozenset([x] if x.given else []))

    def _note_owners(self) -> None:
        for line in self.lines:
            for x in line.results:
                found: set[Value] = set() if line.kind == VIEW else {x}
                if line.kind in (VIEW, CALL):
                    found.update(*map(self.owners_of, line.operands))
                self.owners[x] = frozenset(found)

    def _note_lives(self) -> None:
        """When each value's memory is read last; what the second half reads is kept for ever."""
        start = 0
        made: set[Value] = set()
        for half, results in zip(self.steps.halves, self.steps.results, strict=True):
            reads = [(start + i, x) for i, line in enumerate(half) for x in line.operands]
            for i, x in [*reads, *((start + len(half), x) for x in results)]:
                for owner in self.owners_of(x):
                    self.last[owner] = LATE if owner in made else i
            start += len(half)
            made.update(*(self.owners[x] for line in half for x in line.results))
        self._note_handed()

    def _note_handed(self) -> None:
        """Results that are, or show, memory of their own, which the caller gets with them.

        What backward reads must not be the caller's.
        """
        self.handed: set[Value] = set()
        self.shown: dict[Value, Value] = {}
        new = (line for line in self.lines if line.out or line.kind in (CHAIN, COPY))
        written = {x for line in new for x in line.results if x.shape}
        for x in [x for results in self.steps.results for x in results]:
            owners = self.owners_of(x)
            owner = next(iter(owners), x)
            free = owner not in self.handed and self.last.get(owner) != LATE
            if len(owners) == 1 and owner in written and free:
                self.handed.add(owner)
                self.shown[x] = owner

    def _place(self) -> None:
        free: list[Memory] = []
        held: dict[Memory, Value] = {}  # what was written last
        for i, line in enumerate(self.lines):
            for x in (x for x in line.results if x.shape and (line.out or line.kind == CHAIN)):
                over = self._overwritten(line, i)
                buffer = self._from(free, x) if over is None else self.home[over]
                self.home[x] = buffer
                buffer.values.append(x)
                held[buffer.memory] = x
                buffer.fresh |= x in self.handed
            for owner in self._dying(line, i):
                if owner in self.home and held[self.home[owner].memory] is owner:
                    free.append(self.home[owner].memory)

    def _dying(self, line: Instruction, i: int) -> list[Value]:
        """Whose memory nobody reads after this line."""
        read = frozenset().union(*map(self.owners_of, [*line.results, *line.operands]))
        return [x for x in read if self.last.get(x, i) == i and x not in self.handed]

    def _overwritten(self, line: Instruction, i: int) -> Value | None:
        """The operand that the result may be written over: of its form, and read by nobody else."""
        if line.kind != ELEMENTWISE:
            return None
        for x in line.operands:
            if x not in self.home or self.last[x] != i or x in self.handed:
                continue
            if line.result in self.handed and self.home[x].memory.shared:
                continue  # it stays
            others = [y for y in line.operands if y is not x]
            alike = (x.shape, x.dtype) == (line.result.shape, line.result.dtype)
            if alike and not any(x in self.owners_of(y) for y in others):
                return x
        return None

    def _from(self, free: list[Memory], x: Value) -> Buffer:
        """A buffer in memory that is free, or new: for what the caller is handed always new."""
        size = math.prod(x.shape) * int(x.dtype.itemsize)
        memory = None if x in self.handed else _fitting(free, size)
        if memory is None:
            memory = Memory(size)
        else:
            free.remove(memory)
            memory.shared = True
            memory.size = max(memory.size, size)
        for buffer in memory.buffers:
            if (buffer.shape, buffer.dtype) == (x.shape, x.dtype):
                return buffer
        made = Buffer(x.shape, x.dtype, memory)
        memory.buffers.append(made)
        self.buffers.append(made)
        return made


def _fitting(free: list[Memory], size: int) -> Memory | None:
    """The smallest piece that is large enough; or the largest, which then is enlarged."""
    near = [one for one in free if size / _WASTE <= one.size <= size * _WASTE]
    enough = [one for one in near if one.size >= size]
    if enough:
        return min(enough, key=lambda one: one.size)
    return max(near, key=lambda one: one.size, default=None)
