"""The text of a program of floats, written to be run: what is read often is in variables.

It is the text that `source` prints of long programs, but that loops go over slices of lists side by
side, in place of counting, and that elements read by name are taken out of their lists at the top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..writing import (
    Axis,
    Body,
    Carried,
    Ints,
    Loop,
    LoopWriter,
    Names,
    Phrase,
    Site,
    Sites,
    Stores,
    StraightLine,
    affine,
    index_text,
    list_lines,
    number_phrase,
)
from .float_lines import WIDTH, Elements, wrapped_in_brackets
from .float_loops import Row
from .float_steps import CONSTANT


class FloatWriter(LoopWriter):
    """Writes the body of a function."""

    def __init__(
        self,
        row: Row,
        tree: Sequence[int | Loop],
        outside: StraightLine,
        results: Sequence[str],
        names: Names,
    ) -> None:
        found = list(zip(results, row.results, strict=True))
        sites = Sites(tree, row.reads, row, found, row.begun)
        stores = Stores(Carried(sites), variables=True)
        super().__init__(outside, stores, names)
        self.value_time = _times(sites)
        self.slices: dict[Axis, dict[str, str]] = {}  # of each loop: what it goes over, and names
        self.counted: set[Axis] = set()  # loops whose counter is read
        self.whole: set[str] = set()  # lists that are returned
        self.elements = Elements(outside.leaves, names, _read_often(sites))
        self.kept = {site: self.names.numbered("v") for site in self._read_at_once()}

    def text(self) -> tuple[list[str], list[str]]:
        """The lines above the function, lists of constants; and those of its body."""
        self._write()
        names = {leaf.name for leaf in self.tables.program.leaves}
        above: list[str] = []
        lists: list[str] = []
        for name, texts in self.tables.lists.items():
            given = any(text.partition("[")[0] in names for text in texts)
            (lists if given else above).extend(list_lines(name, texts))
        return above, [*lists, *self.elements.lines(), *self.written]

    # --- lines ---

    def _assign(self, site: Site, depth: int) -> None:
        target = self._cell(site.values, site.axes)
        value = self._value(site).text
        if site in self.kept:
            target = f"{self.kept[site]} = {target}"
        self._line(f"{target} = {value}", depth, site.comment)

    def _loop(self, body: Body, axis: Axis, depth: int) -> None:
        """A loop over slices of what it reads; its counter too, if that is read."""
        before, self.written = self.written, []
        slices = self.slices[axis] = {}
        self._body(body, depth + 1)
        inside, self.written = self.written, before
        over = list(slices)
        variables = list(slices.values())
        if axis in self.counted or not over:
            over.append(f"range({axis.count})")
            variables.append(self.counters[axis])
        self.written += _header(variables, over, depth)
        self.written += inside

    # --- what lines read ---

    def _read(self, reads: Ints, axes: tuple[Axis, ...]) -> Phrase:
        first = int(reads.flat[0])
        if first >= 0:
            source = self.sites.all[self.sites.owner[first]]
            if source.host:
                return self._value(source)
            if source in self.kept and np.array_equal(reads, source.values):
                return Phrase(self.kept[source])
            store = self.stores.of[source]
            if store.size > 1 and axes and self._made_before(reads, axes):
                whole = store.size if all(axes[-1] not in s.axes for s in store.sites) else -1
                found = self._slice(self.variables[store], self.stores.cell[reads], axes, whole)
                return found or super()._read(reads, axes)
            return super()._read(reads, axes)
        name, places = self.tables.inputs(reads)
        if places is None:
            return Phrase(self.elements.text(first)) if first > CONSTANT else number_phrase(name)
        return (axes and self._slice(name, places, axes)) or super()._read(reads, axes)

    def _slice(
        self, name: str, cells: Ints, axes: tuple[Axis, ...], whole: int = -1
    ) -> Phrase | None:
        """The variable that goes over these cells of a list in the innermost loop."""
        index = affine(cells, axes)
        if index is None:
            return None
        axis = axes[-1]
        strides = dict(index.strides)
        stride = strides.pop(axis, 0)
        if not stride or (stride < 0 and strides):
            return None
        for other in strides:
            self.counted.add(other)
        terms = [(step, self.counters[other]) for other, step in strides.items()]
        start = index_text(index.base, terms)
        end = index.base + stride * axis.count
        stop = index_text(end, terms) if end >= 0 else ""
        over = f"{name}[{start}:{stop}{f':{stride}' if stride != 1 else ''}]"
        if not terms and index.base == 0 and stride == 1 and axis.count == whole:
            over = name
        slices = self.slices[axis]
        if over not in slices:
            slices[over] = self.names.numbered(f"{name}_")
        return Phrase(slices[over])

    def _index(self, cells: Ints, axes: tuple[Axis, ...], store: Any = None) -> str:
        index = affine(cells, axes)
        if index is None:
            name, places = self.tables.places(cells)
            inside = self._slice(name, places, axes)
            return inside.text if inside else f"{name}[{self._index(places, axes)}]"
        self.counted |= {axis for axis, _ in index.strides}
        return index_text(index.base, [(n, self.counters[axis]) for axis, n in index.strides])

    def _made_before(self, reads: Ints, axes: tuple[Axis, ...]) -> bool:
        """Whether what is read is there before the innermost loop begins."""
        axis = axes[-1]
        begin = np.asarray(axis.first)
        for outer in axes[:-1]:
            begin = begin[..., None] + np.arange(outer.count) * outer.size
        return bool((self.value_time[reads] < 2 * begin[..., None]).all())

    def _read_at_once(self) -> list[Site]:
        """Lines that write to a list what the same repetition of their loop reads again."""
        found: dict[Site, None] = {}
        for site in self.sites.all:
            for read in site.reads:
                first = int(read.flat[0])
                if first >= 0 and site.axes:
                    source = self.sites.all[self.sites.owner[first]]
                    listed = source.host is None and self.stores.of[source].size > 1
                    same = listed and source.axes == site.axes
                    if same and np.array_equal(source.values, read):
                        found[source] = None
        return list(found)

    def _whole(self, values: Ints) -> str:
        name = super()._whole(values)
        if name in self.whole:
            return f"[*{name}]"  # no two results are one list
        self.whole |= {name} - {""}
        return name


def _header(variables: Sequence[str], over: Sequence[str], depth: int) -> list[str]:
    """The line of a loop, or lines."""
    iterated = f"zip({', '.join(over)})" if len(over) > 1 else over[0]
    line = f"{'    ' * depth}for {', '.join(variables)} in {iterated}:"
    if len(line) <= WIDTH or len(over) == 1:
        return [line]
    return wrapped_in_brackets(f"for\0({', '.join(variables)})\0in\0{iterated}:", depth)


def _times(sites: Sites) -> Ints:
    """When each value is made: of step i, at 2 i."""
    times = np.full(sites.count, -1)
    for site in sites.all:
        times[site.values] = site.time
    return times


def _read_often(sites: Sites) -> list[int]:
    """Inputs that are read more than once."""
    reads = [read.ravel() for site in sites.all for read in site.reads]
    read = np.concatenate([np.zeros(0, np.int64), *reads])
    read = read[(read < 0) & (read > CONSTANT)]
    numbers, counts = np.unique(read, return_counts=True)
    found: list[int] = numbers[counts > 1].tolist()
    return found
