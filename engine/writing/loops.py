"""The text of a rolled program, line by line."""

from __future__ import annotations

import re
import textwrap

import numpy as np

from .declaring import filling, home_of
from .names import Names
from .phrases import Phrase, number_phrase, phrase_of
from .repeats import CONSTANTS, LEAVES, Ints
from .sites import Axis, Body, Site
from .slices import Cell, interleaved, list_text
from .storing import Store, Stores, affine
from .straight_line import StraightLine
from .tables import Tables, index_text

WIDTH = 84  # inside a function
COUNTERS = "ijklmn"


class LoopWriter:
    """Writes the body of the function.

    It is written several times: once to tell which loops had better count down, then which lists of
    the program's own would be written from their end in those; and that again, for the loops that
    read these lists.
    """

    def __init__(self, program: StraightLine, stores: Stores, names: Names) -> None:
        self.stores, self.names = stores, names
        self.sites = stores.sites
        self.homes = {store: home_of(store, stores) for store in stores.all()}
        self.fills = {
            store: filling(store, stores, home) for store, home in self.homes.items()
            if store.size > 1
        }  # fmt: skip
        self.filled = {site for fill in self.fills.values() for site in fill}
        self.tables = Tables(program, names)
        self.variables = self._variables()
        self.returned: dict[str, str] = {}  # names of lists that are made for the return
        self.counters: dict[Axis, str] = {}
        self._count(self.sites.root, 0, [])
        self.votes: dict[Axis, int] = {}  # of lists that run up in a loop, less those that run down
        self.tilts: dict[Store, int] = {}  # the same for each list of the program's own
        self.down: set[Axis] = set()

    def lines(self) -> list[str]:
        """The lines of the body, but for the lists that they read."""
        for _ in range(2):
            self.votes.clear()
            self._write()
            self.down = {axis for axis, votes in self.votes.items() if votes < 0}
            self.tilts.clear()
            self._write()
            for store, tilt in self.tilts.items():
                if tilt < 0 and store.result < 0:
                    values = self.stores.values(store)
                    self.stores.cell[values] = store.size - 1 - self.stores.cell[values]
        self._write()
        return self.written

    def _write(self) -> None:
        self.written: list[str] = []
        self.declared: set[Store] = set()
        self.part = ""
        self._body(self.sites.root, 0)
        self._return()

    # --- names ---

    def _variables(self) -> dict[Store, str]:
        """A name for each store: what its lines or results are called, else a number."""
        wanted: dict[Store, str] = {}
        for store in self.stores.all():
            names = [store.name, *(site.name for site in store.sites)]
            name = next(filter(None, names), "")
            # a list is called after all of its cells: `neurons`, not `neurons[0]`
            wanted[store] = name if store.size == 1 else re.sub(r"\[\d+\]$", "", name)
        results = zip(self.sites.names, self.sites.results, strict=True)
        for name, values in reversed(list(results)):
            if values.ndim == 0 and values >= 0:
                store = self._store(int(values))
                wanted[store] = name if name and store.size == 1 else wanted[store]
        named = {store: self.names.taken(name) for store, name in wanted.items() if name}
        for store in wanted:
            if store not in named:
                backward = any(site.comment for site in store.sites)
                named[store] = self.names.numbered("d" if backward else "v")
        return named

    def _store(self, value: int) -> Store:
        return self.stores.of[self.sites.all[self.sites.owner[value]]]

    def _count(self, body: Body, depth: int, counters: list[str]) -> None:
        if depth == len(counters):
            wanted = COUNTERS[depth] if depth < len(COUNTERS) else f"i{depth}"
            counters.append(self.names.taken(wanted))
        for child in body.children:
            if isinstance(child, Body) and child.axis is not None:
                self.counters[child.axis] = counters[depth]
                self._count(child, depth + 1, counters)

    # --- lines ---

    def _line(self, text: str, depth: int, comment: str = "") -> None:
        self.written += broken(text, depth, comment)

    def _body(self, body: Body, depth: int) -> None:
        for child in body.children:
            sites = [child] if isinstance(child, Site) else list(child.sites())
            shown = [site for site in sites if site.host is None and site not in self.filled]
            if sites[0].part and sites[0].part != self.part:
                self.part = sites[0].part
                self._line(f"# {self.part}", 0)
            self._declare(sites, body.axes, depth)
            if isinstance(child, Site):
                for site in shown:
                    self._assign(site, depth)
            elif shown and child.axis is not None:
                self._loop(child, child.axis, depth)

    def _assign(self, site: Site, depth: int) -> None:
        target = self._cell(site.values, site.axes)
        self._line(f"{target} = {self._value(site).text}", depth, site.comment)

    def _loop(self, body: Body, axis: Axis, depth: int) -> None:
        over = f"range({axis.count})"
        over = f"reversed({over})" if axis in self.down else over
        self._line(f"for {self.counters[axis]} in {over}:", depth)
        self._body(body, depth + 1)

    def _declare(self, sites: list[Site], axes: tuple[Axis, ...], depth: int) -> None:
        """Make the lists that are used here first."""
        for store in dict.fromkeys(self.stores.of[s] for s in sites if s.host is None):
            if store.size > 1 and store not in self.declared and self.homes[store] == axes:
                self.declared.add(store)
                fill = self.fills[store]
                text = self.tables.text(int(fill[0].reads[0].flat[0])) if fill else "0.0"
                self._line(f"{self.variables[store]} = [{text}] * {store.size}", depth)

    def _return(self) -> None:
        parts = []
        for name, values in zip(self.sites.names, self.sites.results, strict=True):
            if values.ndim == 0:
                parts.append(self._single(int(values)))
                continue
            text = self._whole(values)
            if not text:
                cells = [self._place(value) for value in values.tolist()]
                text = list_text(cells)
                if len(text) > WIDTH // 2:
                    name = self.returned.get(name) or self.returned.setdefault(
                        name, self.names.taken(name)
                    )
                    self._list(name, text, cells)
                    text = name
            parts.append(text)
        self._line(f"return {', '.join(parts)}", 0)

    def _list(self, name: str, text: str, cells: list[Cell]) -> None:
        """The lines that make a list; of slices, each of them one."""
        parts = interleaved(cells) if len(text) > 4 * WIDTH else []
        if len(text) <= WIDTH * len(parts) or not parts:
            self._line(f"{name} = {text}", 0)
            return
        self._line(f"{name} = [0.0] * {len(cells)}", 0)
        for k, part in enumerate(parts):
            self._line(f"{name}[{k}::{len(parts)}] = {part}", 0)

    def _single(self, value: int) -> str:
        return str(self._place(value))

    def _place(self, value: int) -> Cell:
        """The variable, the list and index, or the text of a number."""
        if value >= 0:
            store = self._store(value)
            place = int(self.stores.cell[value]) if store.size > 1 else -1
            return Cell(self.variables[store], place)
        if value <= CONSTANTS:
            return Cell(self.tables.text(value))
        name, at = self.tables.program.leaves[LEAVES - value]
        return Cell(name, -1 if at is None else at)

    def _whole(self, values: Ints) -> str:
        """The list that holds these values and no others, or nothing."""
        stores = {self.stores.of[site] for site in self.sites.sources(values)}
        if (values < 0).any() or len(stores) != 1:
            return ""
        store = stores.pop()
        same = np.array_equal(self.stores.cell[values], np.arange(store.size))
        return self.variables[store] if same and store.size > 1 else ""

    # --- expressions ---

    def _value(self, site: Site) -> Phrase:
        """What a line computes, with the lines written into it."""
        return phrase_of(site.form, [self._read(read, site.axes) for read in site.reads])

    def _read(self, reads: Ints, axes: tuple[Axis, ...]) -> Phrase:
        if reads.flat[0] < 0:
            name, places = self.tables.inputs(reads)
            if places is None:
                return number_phrase(name)
            return Phrase(f"{name}[{self._index(places, axes)}]")
        source = self.sites.all[self.sites.owner[reads.flat[0]]]
        return self._value(source) if source.host else Phrase(self._cell(reads, axes))

    def _cell(self, values: Ints, axes: tuple[Axis, ...]) -> str:
        """The variable, or the list and index, that values are kept in by repetition."""
        store = self._store(int(values.flat[0]))
        name = self.variables[store]
        if store.size == 1:
            return name
        return f"{name}[{self._index(self.stores.cell[values], axes, store)}]"

    def _index(self, cells: Ints, axes: tuple[Axis, ...], store: Store | None = None) -> str:
        index = affine(cells, axes)
        if index is None:
            name, places = self.tables.places(cells)
            return f"{name}[{self._index(places, axes)}]"
        own = {a for s in store.sites for a in s.axes} if store and store.result < 0 else set()
        base, terms = index.base, []
        for axis, stride in index.strides:
            if axis not in own:  # a list that is made here runs as its loop does
                self.votes[axis] = self.votes.get(axis, 0) + (1 if stride > 0 else -1)
            if axis in self.down:
                base, stride = base + stride * (axis.count - 1), -stride
            if store:
                self.tilts[store] = self.tilts.get(store, 0) + (1 if stride > 0 else -1)
            terms.append((stride, self.counters[axis]))
        return index_text(base, terms)


def list_lines(name: str, texts: list[str]) -> list[str]:
    """The assignment of a list."""
    return broken(f"{name} = [{', '.join(texts)}]", 0)


def broken(line: str, depth: int, comment: str = "") -> list[str]:
    """A line with its comment, broken inside brackets where it is too long."""
    indent = "    " * depth
    comment = f"  # {comment}" if comment else ""
    if len(indent) + len(line) <= WIDTH:
        return [indent + line + comment]
    between = " = " if " = " in line else " "
    start, _, text = line.partition(between)
    if not text.startswith(("[", "np.array(")):
        text = f"({text})"
    lines = textwrap.wrap(
        start + between.replace(" ", "\0") + text,  # not to be broken before the bracket
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines[0] = lines[0].replace("\0", " ")
    return [*lines[:-1], lines[-1] + comment]
