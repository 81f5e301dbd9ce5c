"""What loops carry: sums, recurrences, gradients to which each repetition adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .repeats import Ints
from .sites import Axis, Body, Site, Sites, moved


@dataclass(eq=False)
class Link:
    """A value that is carried: what `reader` reads at first is made by `source`.

    (Until it is known which line that is, `source` is the one that makes all further ones.)
    """

    source: Site
    reader: Site
    place: int
    depth: int  # of the loop that carries it, among the reader's axes
    peeled: tuple[int | slice, ...]  # where in the reader's repetitions
    outermost: int  # the loop before which it is made

    @property
    def first(self) -> Ints:
        """The values that are read at first."""
        return self.reader.reads[self.place][self.peeled]


class Carried:
    """Finds what loops carry, and sets it before they begin.

    Afterwards every place of a line reads either values, of lines that can share a list, or only
    inputs and constants.
    """

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.links: list[Link] = []
        for site in list(sites.all):
            for place in range(len(site.reads)):
                self._look(site, place)
        self._link()
        sites.index()
        sites.write_into_readers({link.source for link in self.links})

    def _look(self, site: Site, place: int) -> None:
        """Find the loops after whose first repetition the loop's own values are read."""
        reads, sources = site.reads[place], self.sites.sources
        if (reads < 0).all() or ((reads >= 0).all() and len(sources(reads)) == 1):
            return
        at: list[int | slice] = [slice(None)] * reads.ndim
        peeled: list[int] = []
        while (depth := self._carrying(site, reads, at)) is not None:
            own = sources(reads[_rest(at, depth)])
            at[depth] = 0
            peeled.append(depth)
        if peeled and self._is_there_before(site, min(peeled), reads[tuple(at)]):
            self.links.append(Link(own[0], site, place, peeled[-1], tuple(at), min(peeled)))
        else:
            self._gather(site, place)

    def _carrying(self, site: Site, reads: Ints, at: Sequence[int | slice]) -> int | None:
        """The loop after whose first repetition only earlier values of one line in it are read."""
        for depth in reversed(range(len(site.axes))):
            if at[depth] != 0:
                rest = reads[_rest(at, depth)]
                made = self.sites.sources(rest) if (rest >= 0).all() else []
                if len(made) == 1 and site.axes[depth] in made[0].axes:
                    begin = _begins(site, depth, reads.ndim)
                    if (rest < np.broadcast_to(begin, reads.shape)[_rest(at, depth)]).all():
                        return depth
        return None

    @staticmethod
    def _is_there_before(site: Site, depth: int, first: Ints) -> bool:
        """Whether what is read at first is of one kind, and made before the loop begins."""
        start = moved(site.axes[depth].first, site.axes[:depth])
        start = start.reshape(start.shape + (1,) * (first.ndim - start.ndim))
        return bool((first < 0).all() or ((first >= 0) & (first < start)).all())

    def _gather(self, site: Site, place: int) -> None:
        """Put inputs and constants that are read where values are into the values' list."""
        reads = site.reads[place]
        free = np.unique(reads[reads < 0])
        if not free.size:
            return
        start = free if free.size > 1 else free.reshape(())
        axes = (Axis(0, 0, free.size),) if free.size > 1 else ()
        copy = Site(axes, "{0}", start, [start], part=site.part, outer=0)
        made = self.sites.add(copy).reshape(free.shape)
        copy.time = np.full(start.shape, -1)
        self.sites.root.children.insert(0, _in_loops(copy, 0))
        reads = site.reads[place] = reads.copy()
        reads[reads < 0] = made[np.searchsorted(free, reads[reads < 0])]

    # --- what is carried at first ---

    def _link(self) -> None:
        """Let what is read at first be made in the variable that the loop carries.

        Lines all of whose values are read with what the loop makes, and only so, write there; else
        a line before the loop copies.
        """
        there: dict[Site, list[Link]] = {}
        places = [read for site in self.sites.all for read in site.reads if read.size > 1]
        together = [(made, read) for read in places if len(made := self.sites.sources(read)) > 1]
        for link in self.links:
            made = self.sites.sources(link.first)
            if len(made) == 1 and self._only_read_with(link, made[0], together):
                there.setdefault(made[0], []).append(link)
        for source, links in there.items():
            if sum(link.first.size for link in links) == source.values.size:
                for link in links:
                    link.source = source
        copies: dict[tuple[Axis, Site, bytes], Site] = {}
        for link in self.links:
            if self.sites.sources(link.first) == [link.source]:
                continue
            key = (link.reader.axes[link.outermost], link.source, link.first.tobytes())
            if key not in copies:
                copies[key] = self._copy(link)
            link.source = copies[key]
            reads = link.reader.reads[link.place] = link.reader.reads[link.place].copy()
            reads[link.peeled] = link.source.values

    def _only_read_with(
        self, link: Link, made: Site, together: Sequence[tuple[Sequence[Site], Ints]]
    ) -> bool:
        """Whether what is carried at first is read only where the loop's own values are, too."""
        uses = np.zeros(self.sites.count, np.int64)
        for sources, reads in together:
            if made in sources and link.source in sources:
                np.add.at(uses, reads[reads >= 0], 1)
        return bool((self.sites.uses[link.first] == uses[link.first]).all())

    def _copy(self, link: Link) -> Site:
        """A line before a loop that sets what the loop carries."""
        site, depth, first = link.reader, link.outermost, link.first
        outer, loop = site.axes[:depth], site.axes[depth]
        inner = [a for d, a in enumerate(site.axes) if d > depth and link.peeled[d] != 0]
        axes = (*outer, *[Axis(a.first, a.size, a.count) for a in inner])
        copy = Site(axes, "{0}", first, [first], part=site.part, outer=depth)
        self.sites.add(copy)
        start = moved(loop.first, outer)
        start = start.reshape(start.shape + (1,) * len(inner))
        copy.time = np.broadcast_to(2 * start - 1, first.shape)
        children, i = next(
            (body.children, i)
            for body in self.sites.root.bodies()
            for i, child in enumerate(body.children)
            if isinstance(child, Body) and child.axis is loop
        )
        children.insert(i, _in_loops(copy, depth))
        return copy


def _begins(site: Site, depth: int, ndim: int) -> Ints:
    """The first step of each repetition of the line's loop at `depth`."""
    begin = moved(site.axes[depth].first, site.axes[: depth + 1])
    return begin.reshape(begin.shape + (1,) * (ndim - depth - 1))


def _rest(at: Sequence[int | slice], depth: int) -> tuple[int | slice, ...]:
    """The same repetitions, but of one loop all others than the first."""
    return tuple(slice(1, None) if d == depth else x for d, x in enumerate(at))


def _in_loops(site: Site, depth: int) -> Site | Body:
    """A line inside the loops of its own, those from `depth` on."""
    inside: Site | Body = site
    for d in reversed(range(depth, len(site.axes))):
        inside = Body(site.axes[d], site.axes[: d + 1], [inside])
    return inside
