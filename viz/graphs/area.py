"""How large a picture will be, before Graphviz lays it out: what decides whether to fold."""

from __future__ import annotations

from collections import Counter

from ..drawing import Box, Cluster, Scene, lines_of, points, width_of

LINE, SMALL, LABEL, SYMBOL = 14, 12, 17, 21  # points a line of each size is high
ROW = 20  # how high a box of one row is
MARGIN = 16  # around the text of a box
GAP, APART = 40, 18  # between the steps of a computation, and between what stands side by side
FRAME = 24  # what a frame adds on each side


def size_of(box: Box) -> tuple[float, float]:
    """How wide and high a box will be, in points."""
    if box.compact:
        return width_of(box) + MARGIN, ROW + MARGIN
    heads = [(box.caption, 9, SMALL), (box.symbol, 16, SYMBOL), (box.label, 13, LABEL)]
    heads += [(mark, 11, LINE) for mark in box.marks]
    heads += [(text, 11, LINE) for name, text in box.rows if not name]
    rows = [row for row in box.rows if row[0]]
    names, texts = (max((points(row[k], 11) for row in rows), default=0) for k in (0, 1))
    width = max(names + texts + 12, *(1.2 * points(text, size) for text, size, _ in heads))
    height = sum(high * len(lines_of(text)) + 2 for text, _, high in heads if text)
    height += sum(LINE * len(lines_of(text)) + 4 for _, text in rows)
    height += sum(9 * len(heat.cells) + 6 for _, heat in box.heat)
    round_ = 1.4 if box.kind == "constant" else 1.0  # an ellipse around a rectangle
    return round_ * (width + MARGIN), round_ * (height + MARGIN)


def extent(scene: Scene) -> tuple[float, float]:
    """How long the picture will be along its arrows, and how wide across, both in points.

    Each box stands a step behind the last of those it is computed from, a leaf a step before what
    it enters first.  An arrow over several steps takes room in each.
    """
    step = _steps(scene)
    heads = {arrow.head for arrow in scene.arrows}
    sources = Counter(step[box.id] for box in scene.boxes if box.id not in heads)
    long: dict[int, float] = {}
    wide: dict[int, float] = {}
    stairs = 0.0  # one constant or leaf beside a result pushes what follows aside
    for box in scene.boxes:
        width, height = size_of(box)
        at = step[box.id]
        long[at] = max(long.get(at, 0.0), width)
        wide[at] = wide.get(at, 0.0) + height + APART
        if box.id not in heads and sources[at] == 1:
            stairs += (height + APART) / 2
    for arrow in scene.arrows:
        for at in range(step[arrow.tail] + 1, step[arrow.head]):
            wide[at] = wide.get(at, 0.0) + APART
    frames = 2 * FRAME * _nested(scene.clusters)
    return sum(long.values()) + GAP * (len(long) - 1) + frames, max(wide.values()) + stairs + frames


def _steps(scene: Scene) -> dict[str, int]:
    inputs: dict[str, list[str]] = {box.id: [] for box in scene.boxes}
    outputs: dict[str, list[str]] = {box.id: [] for box in scene.boxes}
    for arrow in scene.arrows:
        inputs[arrow.head].append(arrow.tail)
        outputs[arrow.tail].append(arrow.head)
    waits = {name: len(below) for name, below in inputs.items()}
    free = [name for name, count in waits.items() if not count]
    step: dict[str, int] = {}
    for name in free:  # grows as it goes
        step[name] = max((step[x] + 1 for x in inputs[name]), default=0)
        for x in outputs[name]:
            waits[x] -= 1
            if not waits[x]:
                free.append(x)
    for name, below in inputs.items():
        if not below and outputs[name]:
            step[name] = min(step[x] for x in outputs[name]) - 1
    return step


def _nested(clusters: tuple[Cluster, ...]) -> int:
    """How many frames stand inside each other."""
    return max((1 + _nested(cluster.inside) for cluster in clusters), default=0)
