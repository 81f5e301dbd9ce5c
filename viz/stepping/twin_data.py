"""The twins of a page as its script takes them: laid out, with as many as there is room for.

They stand in the packed program, where numbers take a third of what they do in the page.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from engine.showing import shorten, signed

from .elements import Elements, Index
from .program import script_json
from .twin_layout import Layout
from .twins import Twin, Twins

SYMBOL = 8  # letters of an op in a box
PACKED = 1.45  # base 85, and what numbers of all sizes in one text take more than apart
ALIKE = 0.12  # what an element takes, deflated, of what the first takes as text; at least
LEAST = 200  # bytes: with less room, no step fits


def twin_data(opened: Mapping[int, Elements], chosen: Mapping[str, list[Index]], room: int) -> str:
    """A line of JavaScript: `const twins = …`, by row of the table and number of the element.

    Args:
        opened: the elements of each row's step.
        chosen: elements that are drawn whatever they cost, by the name of their array.
        room: in bytes of the page.
    """
    drawn = _Drawn(room)
    steps = [(row, elements) for row, elements in opened.items() if elements.arrays]
    for asked in (True, False):
        for row, elements in steps:
            wanted = chosen.get(elements.name, [])
            places = enumerate(elements.places(wanted))
            those = {i: place for i, place in places if (place in wanted) == asked}
            if those and (asked or drawn.room >= LEAST):
                drawn.add(row, Twins(elements), those, asked)
    return drawn.script


class _Drawn:
    """What was drawn so far, and the room that is left."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._rows: dict[int, dict[int, Any]] = {}
        self._shapes: dict[Any, int] = {}  # by structure: the number of its shape
        self._laid: list[str] = []  # the shapes: many elements share one
        self._deflate = zlib.compressobj(9)

    @property
    def script(self) -> str:
        """The line of JavaScript."""
        rows = script_json(self._rows)
        return f"const twins = {{ shapes: [{','.join(self._laid)}], rows: {rows} }};"

    def add(self, row: int, twins: Twins, places: dict[int, Index], asked: bool) -> None:
        """Draw elements of a step: all of them, or none if there is not the room."""
        known = len(self._laid)
        found: dict[int, Any] = {}
        for i, place in places.items():
            found[i] = self._written(twins.of(place))
            if len(found) == 1 and not asked:  # the others will take about as much
                each = PACKED * ALIKE * len(script_json(found))
                if each * len(places) > self.room:
                    return self._forget(known)
        pieces = script_json([found, self._laid[known:]]).encode()
        deflated = self._deflate.compress(pieces) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        cost = round(PACKED * len(deflated))
        if not asked and cost > self.room:
            return self._forget(known)
        self.room -= cost
        self._rows.setdefault(row, {}).update(found)
        return None

    def _forget(self, known: int) -> None:
        """Leave out the shapes after the first `known`."""
        del self._laid[known:]
        self._shapes = {key: shape for key, shape in self._shapes.items() if shape < known}

    def _written(self, twin: Twin | str) -> Any:
        """The number of its shape, and its own numbers; or why there is no twin."""
        if isinstance(twin, str):
            return twin
        edges = tuple((flow.box, flow.index) for flow in twin.flows)
        key = (tuple((box.symbol, box.inputs) for box in twin.boxes), tuple(twin.seeds), edges)
        if key not in self._shapes:
            self._shapes[key] = len(self._laid)
            self._laid.append(_shape(twin, edges))
        return [
            self._shapes[key],
            [box.name for box in twin.boxes],
            [box.value for box in twin.boxes],
            {place: signed(seed) for place, seed in twin.seeds.items()},
            [
                [signed(x) for x in (flow.upstream, flow.local, flow.part, flow.before, flow.after)]
                for flow in twin.flows
            ],
            twin.note,
        ]


def _shape(twin: Twin, edges: tuple[tuple[int, int], ...]) -> str:
    """The size of a drawing; symbol, place, inputs and lines of each box; the order of edges."""
    laid = Layout(twin).laid()
    boxes = [
        [shorten(box.symbol, SYMBOL), *place, *zip(box.inputs, paths, strict=True)]
        for box, place, paths in zip(twin.boxes, laid.boxes, laid.paths, strict=True)
    ]
    return script_json([laid.width, laid.height, boxes, edges])
