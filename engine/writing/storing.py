"""Where values are kept: a variable, or a list with one cell for each value that is still needed.

Values of lines that read each other across loops share a store.  A store has as few cells as it
can: a cell may be written again once nobody reads what it held, and whether that is so is looked
up in the steps themselves, not argued.  A cell for each value is always right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from .carried import Carried, Link
from .repeats import Ints
from .sites import Axis, Site

LATE = 1 << 60  # after everything: when results are read


@dataclass(eq=False)
class Store:
    """A variable or a list: the lines that write it, and how many cells it has."""

    sites: list[Site]
    links: list[Link]
    size: int = 1
    name: str = ""
    result: int = -1  # the group of results that it is, cell by cell
    readers: list[tuple[Site, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Index:
    """base + the sum of stride × counter."""

    base: int
    strides: tuple[tuple[Axis, int], ...]


def affine(cells: Ints, axes: Sequence[Axis]) -> Index | None:
    """The index that gives these cells in each repetition, or None if there is no such one."""
    if not axes:
        return Index(int(cells), ())
    base = int(cells.flat[0])
    strides, expected = [], np.asarray(base)
    for d, axis in enumerate(axes):
        ahead = int(cells[tuple(int(e == d) for e in range(len(axes)))]) - base
        expected = expected[..., None] + ahead * np.arange(axis.count)
        if ahead:
            strides.append((axis, ahead))
    return Index(base, tuple(strides)) if np.array_equal(cells, expected) else None


class Stores:
    """The stores of a program, and for each value its cell.

    `variables`: whether results that are all in variables stay there, whatever list they are for.
    """

    def __init__(self, carried: Carried, variables: bool = False) -> None:
        self.sites = sites = carried.sites
        self.links = carried.links
        self.cell = np.zeros(sites.count, np.int64)
        self.last_read = self._last_reads()
        #: Whether each value is returned.
        self.returned = self.last_read == LATE
        self.parent: dict[Site, Site] = {}
        lines = [site for site in sites.root.sites() if site.host is None]
        for link in self.links:
            self._join([link.source, *sites.sources(link.reader.reads[link.place])])
        for site in sites.all:
            for read in site.reads:
                self._join(sites.sources(read))
        self.reads: dict[Site, list[tuple[Site, int]]] = {}
        for site in sites.all:
            for place, read in enumerate(site.reads):
                if (read >= 0).all():
                    root = self._root(sites.sources(read)[0])
                    self.reads.setdefault(root, []).append((site, place))
        self.of: dict[Site, Store] = {}
        for group in self._classes(lines):
            self._keep(group)
        for number, values in enumerate(sites.results):
            if not variables or any(self.of[s].size > 1 for s in sites.sources(values)):
                self._keep_as_result(number, values)

    def all(self) -> list[Store]:
        """Each store once, in the order of its first line."""
        return list(dict.fromkeys(self.of[s] for s in self.sites.root.sites() if s.host is None))

    def _last_reads(self) -> Ints:
        last = np.full(self.sites.count, -1)
        for site in self.sites.all:
            for read in site.reads:
                value = read >= 0
                np.maximum.at(last, read[value], np.broadcast_to(site.time, read.shape)[value])
        for values in self.sites.results:
            last[values[values >= 0]] = LATE
        return last

    # --- which lines share a store ---

    def _root(self, site: Site) -> Site:
        while site in self.parent:
            site = self.parent[site]
        return site

    def _join(self, sites: Iterable[Site]) -> None:
        roots = list(dict.fromkeys(map(self._root, sites)))
        for root in roots[1:]:
            self.parent[root] = roots[0]

    def _classes(self, lines: Iterable[Site]) -> list[list[Site]]:
        groups: dict[Site, list[Site]] = {}
        for site in lines:
            groups.setdefault(self._root(site), []).append(site)
        return list(groups.values())

    # --- cells ---

    def _keep(self, group: list[Site]) -> None:
        """A store for these lines with as few cells as can be."""
        inside = set(group)
        store = Store(group, [link for link in self.links if link.source in inside])
        store.readers = self.reads.get(self._root(group[0]), [])
        axes = list(dict.fromkeys(a for site in group for a in site.axes))[:10]  # 1,024 ways
        kept = [set(c) for n in range(len(axes) + 1) for c in combinations(axes, n)]
        kept.sort(key=lambda k: int(np.prod([a.count for a in k])))
        ways = [(k, apart) for k in kept for apart in (False, True)]
        made = any(self._number(store, *way) and self._even(store) for way in ways) or any(
            self._number(store, *way) for way in ways
        )
        if not made:
            self._number_all(store)
        for site in group:
            self.of[site] = store

    def _number(self, store: Store, kept: set[Axis], apart: bool) -> bool:
        """Try one cell for each repetition of the loops `kept`; whether that does.

        `apart`: whether each line has cells of its own.
        """
        linked = {link.source for link in store.links}
        base = 0
        for site in store.sites:
            if site not in linked:
                cells = row_major(site.axes, kept)
                self.cell[site.values] = base + cells
                base += apart * (int(cells.max()) + 1)
        return self._number_links(store, kept) and self._lasts(store)

    def _number_links(self, store: Store, kept: set[Axis]) -> bool:
        """What is carried into a loop is in the cell that the loop's first repetition reads."""
        for link in store.links:
            reads, axis = link.reader.reads[link.place], link.reader.axes[link.depth]
            second = tuple(1 if d == link.depth else x for d, x in enumerate(link.peeled))
            source = self.sites.sources(reads[second])[0]
            ahead = 0
            if axis in kept:
                d = source.axes.index(axis)
                ahead = int(np.diff(self.cell[source.values], axis=d).flat[0])
            self.cell[reads[link.peeled]] = self.cell[reads[second]] - ahead
        values = self.values(store)
        self.cell[values] -= self.cell[values].min()
        store.size = int(self.cell[values].max()) + 1
        return True

    def _number_all(self, store: Store) -> None:
        values = self.values(store)
        self.cell[values] = np.arange(len(values))
        store.size = len(values)

    @staticmethod
    def values(store: Store) -> Ints:
        """The numbers of all values kept there."""
        return np.concatenate([site.values.ravel() for site in store.sites])

    def _lasts(self, store: Store) -> bool:
        """Whether every value is read for the last time before its cell is written again."""
        values = self.values(store)
        times = np.concatenate([site.time.ravel() for site in store.sites])
        order = np.lexsort((times, self.cell[values]))
        values, times = values[order], times[order]
        again = self.cell[values[1:]] == self.cell[values[:-1]]
        late = (self.last_read[values[:-1]] > times[1:]) | (times[:-1] == times[1:])
        return not bool((again & late).any())

    def _even(self, store: Store) -> bool:
        """Whether all its lines and readers find their cells by base and strides."""
        fits = [(self.cell[site.values], site) for site in store.sites]
        fits += [(self.cell[site.reads[place]], site) for site, place in store.readers]
        return all(affine(cells, site.axes) is not None for cells, site in fits)

    # --- results ---

    def _keep_as_result(self, number: int, values: Ints) -> None:
        """Keep a group of results in one list, in its order, if its lines allow."""
        if values.ndim == 0 or (values < 0).any() or len(np.unique(values)) < len(values):
            return
        stores = list(dict.fromkeys(self.of[s] for s in self.sites.sources(values)))
        if any(store.result >= 0 for store in stores):
            return
        whole = Store(
            [site for store in stores for site in store.sites],
            [link for store in stores for link in store.links],
            name=self.sites.names[number],
            result=number,
            readers=[reader for store in stores for reader in store.readers],
        )
        before = self.cell.copy()
        place = np.full(self.sites.count, -1)
        place[values] = np.arange(len(values))
        linked = {link.source for link in whole.links}
        kept: set[Axis] = set()
        for site in whole.sites:
            if site not in linked:
                axes = self._as_placed(site, place[site.values])
                if axes is None:
                    self.cell = before
                    return
                kept |= axes
        self._number_links(whole, kept)
        if whole.size != len(values) or not self._lasts(whole):
            self.cell = before
            return
        for site in whole.sites:
            self.of[site] = whole

    def _as_placed(self, site: Site, places: Ints) -> set[Axis] | None:
        """Number a line's cells as its last values are in the results; the loops they differ by."""
        kept, at = set(), []
        for d, axis in enumerate(site.axes):
            found = np.flatnonzero((np.moveaxis(places, d, 0) >= 0).reshape(axis.count, -1).any(1))
            if len(found) == axis.count and axis.count > 1:
                kept.add(axis)
                at.append(slice(None))
            else:
                one = int(max(found, default=0))
                at.append(slice(one, one + 1))
        last = places[tuple(at)]
        if (last < 0).any():
            return None
        self.cell[site.values] = np.broadcast_to(last, site.values.shape)
        return kept


def row_major(axes: Sequence[Axis], kept: set[Axis]) -> Ints:
    """0, 1, 2, … over the loops `kept`, the same over all others."""
    cells = np.zeros((), np.int64)
    for axis in axes:
        if axis in kept:
            cells = cells[..., None] * axis.count + np.arange(axis.count)
        else:
            cells = np.repeat(cells[..., None], axis.count, -1)
    return cells
