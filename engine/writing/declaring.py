"""Where a list is made, and what it is filled with."""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from .repeats import Ints
from .sites import Axis, Site
from .storing import Store, Stores


def home_of(store: Store, stores: Stores) -> tuple[Axis, ...]:
    """The loops within which a list is made anew: nothing in it outlives one repetition."""
    values = np.concatenate([site.values.ravel() for site in store.sites])
    if stores.returned[values].any():
        return ()
    home = store.sites[0].axes
    for site in [*store.sites, *(reader for reader, _ in store.readers)]:
        pairs = zip(home, site.axes, strict=False)
        home = tuple(a for a, _ in takewhile(lambda pair: pair[0] is pair[1], pairs))
    stays = takewhile(
        lambda depth: all(_stays(stores, site.reads[q], depth) for site, q in store.readers),
        range(len(home)),
    )
    return home[: len(list(stays))]


def _stays(stores: Stores, reads: Ints, depth: int) -> bool:
    """Whether all that is read was made in the same repetition of the loop at `depth`."""

    def stays(source: Site) -> bool:
        mine = stores.sites.by(reads, source)
        order = np.argsort(source.values, axis=None)
        found = order[np.searchsorted(source.values.ravel()[order], reads[mine])]
        made_at = np.unravel_index(found, source.values.shape)[depth]
        return np.array_equal(made_at, np.indices(reads.shape)[depth][mine])

    return all(map(stays, stores.sites.sources(reads)))


def filling(store: Store, stores: Stores, home: tuple[Axis, ...]) -> list[Site]:
    """Lines that set cells to one constant before anything else does: the list is filled so."""
    start: list[Site] = []
    for site in store.sites:
        constant = site.outer == len(home) and len(np.unique(site.reads[0])) == 1
        if not constant or site.axes[: site.outer] != home or site.reads[0].flat[0] >= 0:
            continue
        another = start and site.reads[0].flat[0] != start[0].reads[0].flat[0]
        if another or not _comes_first(site, store, stores, len(home)):
            continue
        start.append(site)
    return start


def _comes_first(copy: Site, store: Store, stores: Stores, depth: int) -> bool:
    """Whether the cells of a copy are written by nothing before it."""
    values = np.concatenate([site.values.ravel() for site in store.sites])
    times = np.concatenate([site.time.ravel() for site in store.sites])
    rounds = np.concatenate([_rounds(site, depth).ravel() for site in store.sites])
    cells = stores.cell[values]
    order = np.lexsort((times, cells, rounds))
    cells, rounds, values = cells[order], rounds[order], values[order]
    new = np.ones(len(values), bool)
    new[1:] = (cells[1:] != cells[:-1]) | (rounds[1:] != rounds[:-1])
    return bool(np.isin(copy.values, values[new]).all())


def _rounds(site: Site, depth: int) -> Ints:
    """Which repetition of the first `depth` loops a value is made in."""
    shape = site.values.shape
    rounds = np.arange(int(np.prod(shape[:depth]))).reshape(
        shape[:depth] + (1,) * (len(shape) - depth)
    )
    return np.broadcast_to(rounds, shape)
