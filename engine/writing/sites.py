"""The lines of a rolled program, and which values each of them makes and reads.

A `Site` is one line of text inside its loops: an array holds the values it makes, one axis for each
loop, and an array for each place says what is read there.  All questions about a line (is this the
value of the repetition before?  is it read once only?) are questions to these arrays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .repeats import Ints, Loop
from .straight_line import Step

#: So many steps are written into one line.
LONGEST = 6


@dataclass(frozen=True, eq=False)
class Axis:
    """A loop around sites: its first step, the steps of one repetition, the repetitions."""

    first: int
    size: int
    count: int


@dataclass(eq=False)
class Site:
    """One line: `values` it makes and what it `reads`, both by repetition of its loops `axes`."""

    axes: tuple[Axis, ...]
    form: str
    values: Ints
    reads: list[Ints]
    name: str = ""
    comment: str = ""
    part: str = ""
    time: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    steps: int = 1  # with those written into it
    host: Site | None = None  # the line it is written into
    outer: int = -1  # of a copy: how many of its loops are the program's


@dataclass(eq=False)
class Body:
    """Lines and loops in order; `axis` is the loop they stand in."""

    axis: Axis | None
    axes: tuple[Axis, ...]
    children: list[Site | Body]

    def sites(self) -> Iterator[Site]:
        """All lines in here, in order."""
        for child in self.children:
            if isinstance(child, Site):
                yield child
            else:
                yield from child.sites()

    def bodies(self) -> Iterator[Body]:
        """This and all loops in here."""
        yield self
        for child in self.children:
            if isinstance(child, Body):
                yield from child.bodies()


class Sites:
    """The lines of a rolled program, and what each reads.

    Attributes:
        root: the lines and loops.
        all: the lines in order, and then those added since.
        owner, uses: for each value the number of its line in `all`, and how often it is read.
        names, results: what is returned.
    """

    def __init__(
        self,
        tree: Sequence[int | Loop],
        reads: Ints,
        steps: Any,
        results: Sequence[tuple[str, Ints]],
        started: NDArray[np.bool_],
    ) -> None:
        self.count = len(reads)
        self.root = self._body(tree, (), reads, steps)
        self.names = [name for name, _ in results]
        self.results = [values for _, values in results]
        self._leave_out(started)
        self.index()

    # --- the tree of lines ---

    def _body(
        self,
        tree: Sequence[int | Loop],
        axes: tuple[Axis, ...],
        reads: Ints,
        steps: Any,
    ) -> Body:
        children: list[Site | Body] = []
        for item in tree:
            if isinstance(item, Loop):
                inner = Axis(item.first, item.size, item.times)
                children.append(self._body(item.body, (*axes, inner), reads, steps))
                continue
            values = moved(item, axes)
            step: Step = steps[item]
            site = Site(axes, step.form, values, [reads[values, q] for q in range(len(step.reads))])
            site.name, site.comment, site.part = step.name, step.comment, step.part
            site.time = 2 * values
            children.append(site)
        return Body(axes[-1] if axes else None, axes, children)

    def _leave_out(self, started: NDArray[np.bool_]) -> None:
        """Drop the lines that do nothing but start a sum: readers read its first term itself."""
        same = np.arange(self.count + 1)
        for body in self.root.bodies():
            kept: list[Site | Body] = []
            for child in body.children:
                if isinstance(child, Site) and started[child.values].all():
                    same[child.values] = child.reads[1]
                else:
                    kept.append(child)
            body.children = kept
        for reads in (*(site.reads for site in self.root.sites()), self.results):
            reads[:] = [np.where(r >= 0, same[np.maximum(r, 0)], r) for r in reads]

    def index(self) -> None:
        """Look up anew which line makes each value, and how often it is read."""
        self.all = list(self.root.sites())
        self.owner = np.full(self.count, -1)
        for number, site in enumerate(self.all):
            self.owner[site.values] = number
        reads = [r.ravel() for site in self.all for r in site.reads]
        read = np.concatenate([np.zeros(0, np.int64), *reads, *map(np.ravel, self.results)])
        self.uses = np.bincount(read[read >= 0], minlength=self.count)

    def add(self, site: Site) -> Ints:
        """Number the values of a new line, of the shape of what it reads; the body comes later."""
        shape = site.reads[0].shape
        site.values = np.arange(self.count, self.count + site.reads[0].size).reshape(shape)
        self.count += site.values.size
        self.owner = np.append(self.owner, np.full(site.values.size, len(self.all)))
        self.uses = np.append(self.uses, np.zeros(site.values.size, np.int64))
        self.all.append(site)
        return site.values

    def by(self, reads: Ints, source: Site) -> NDArray[np.bool_]:
        """Which of these values are made by that line."""
        return self.owner[reads] == self.owner[source.values.flat[0]]

    def sources(self, reads: Ints) -> list[Site]:
        """The sites whose values are among these."""
        return [self.all[i] for i in np.unique(self.owner[reads[reads >= 0]])]

    # --- lines written into the one that reads them ---

    def write_into_readers(self, apart: Collection[Site]) -> None:
        """Write lines into the line behind them that alone reads them, but not those `apart`."""
        for body in self.root.bodies():
            lines: list[Site | Body] = []
            for child in body.children:
                while isinstance(child, Site) and lines:
                    before = lines[-1]
                    if isinstance(before, Body) or before in apart:
                        break
                    if not self._only_read_by(before, child):
                        break
                    before.host = child
                    child.steps += before.steps
                    lines.pop()
                lines.append(child)
        for site in reversed(self.all):
            if site.host is not None:
                site.time = site.host.time

    def _only_read_by(self, site: Site, reader: Site) -> bool:
        """Whether a line is unnamed, short, and read just once, by this one."""
        if site.name or site.steps + reader.steps > LONGEST or site.axes != reader.axes:
            return False
        if not (self.uses[site.values] == 1).all():
            return False
        places = [i for i, read in enumerate(reader.reads) if np.array_equal(site.values, read)]
        # a form may say twice what it reads once: x if x > 0 else 0.0
        return bool(places) and reader.form.count(f"{{{places[0]}}}") == 1


def moved(first: int, axes: Sequence[Axis]) -> Ints:
    """The step that is `first` in the first repetition, in every repetition."""
    steps = np.asarray(first)
    for axis in axes:
        steps = steps[..., None] + np.arange(axis.count) * axis.size
    return steps
