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

LETTERS, SYMBOL = 15, 8  # of a name in a box, and of an op
PACKED = 1.4  # base64, and what is lost by packing each step for itself
LEAST = 200  # bytes: with less room, no step fits


def twin_data(opened: Mapping[int, Elements], chosen: Mapping[str, list[Index]], room: int) -> str:
    """A line of JavaScript: `const twins = …`, by row of the table and number of the element.

    Args:
        opened: the elements of each row's step.
        chosen: elements that are drawn whatever they cost, by the name of their array.
        room: in bytes of the page.
    """
    shapes: dict[str, int] = {}  # structures, as many elements share them
    rows: dict[int, dict[int, Any]] = {}
    deflate = zlib.compressobj(9)
    for asked in (True, False):
        for row, elements in opened.items():
            if not asked and room < LEAST:
                break
            if not elements.arrays:
                continue
            wanted = chosen.get(elements.name, [])
            places = enumerate(elements.places(wanted))
            twins, known = Twins(elements), len(shapes)
            found = {
                i: _written(twins.of(place), shapes)
                for i, place in places
                if (place in wanted) == asked
            }
            text = script_json([found, list(shapes)[known:]]).encode()
            cost = round(PACKED * len(deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)))
            if found and (asked or cost <= room):
                room -= cost
                rows.setdefault(row, {}).update(found)
    return f"const twins = {{ shapes: [{','.join(shapes)}], rows: {script_json(rows)} }};"


def _written(twin: Twin | str, shapes: dict[str, int]) -> Any:
    """The number of its structure, and its own numbers; or why there is no twin."""
    if isinstance(twin, str):
        return twin
    laid = Layout(twin).laid()
    shape = script_json(
        [
            laid.width,
            laid.height,
            [
                [shorten(box.symbol, SYMBOL), *place, *zip(box.inputs, paths, strict=True)]
                for box, place, paths in zip(twin.boxes, laid.boxes, laid.paths, strict=True)
            ],
            [[flow.box, flow.index] for flow in twin.flows],
        ]
    )
    return [
        shapes.setdefault(shape, len(shapes)),
        [box.name for box in twin.boxes],
        [box.value for box in twin.boxes],
        {place: signed(seed) for place, seed in twin.seeds.items()},
        [
            [signed(x) for x in (flow.upstream, flow.local, flow.part, flow.before, flow.after)]
            for flow in twin.flows
        ],
        twin.note,
    ]
