"""Where the boxes of a twin stand, and the lines between them: columns by op, rows by inputs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .twins import Twin

WIDTH, BETWEEN = 122, 54  # of a box, and from one column of boxes to the next, in pixels
LOW, HIGH = 32, 47  # a box without a gradient, and with one
LANE, GAP, PAD = 10, 7, 6  # a line that passes boxes; between two boxes; around all


@dataclass(frozen=True)
class Laid:
    """The size of a drawing; for each box its corner and height; for each of its inputs a path."""

    width: int
    height: int
    boxes: list[tuple[int, int, int]]
    paths: list[list[str]]


class Layout:
    """Lays out one twin.

    Each box stands one column before the first that uses it, and level with what it is made of;
    the element that receives the gradients of several results stands before all others, and a
    lane leads from it past them.
    """

    def __init__(self, twin: Twin) -> None:
        self.inputs = [box.inputs for box in twin.boxes]
        alive = {*twin.seeds, *(self.inputs[flow.box][flow.index] for flow in twin.flows)}
        self.heights = [HIGH if i in alive else LOW for i in range(len(twin.boxes))]
        self.target = min(alive, default=None)
        self.columns = self._columns()
        self.middles: dict[int, float] = {}
        self._free: dict[int, float] = defaultdict(float)  # by column: where the next box may stand
        self._lowest = 0.0  # the first row below all leaves
        self._lanes: dict[tuple[int, int], float] = {}

    def _columns(self) -> list[int]:
        columns = [0] * len(self.inputs)
        for i in reversed(range(len(columns))):
            for j in self.inputs[i]:
                columns[j] = min(columns[j], columns[i] - 1)
        first = min(columns)
        if self.target is not None and columns.count(first) > 1:
            first -= 1
        if self.target is not None:
            columns[self.target] = first
        return [column - first for column in columns]

    def laid(self) -> Laid:
        """The places of all boxes, and the lines."""
        used = {j for row in self.inputs for j in row}
        for i in reversed(range(len(self.inputs))):  # the first end comes last: see `twins`
            if i not in used:
                self._settle(i)
        if self.target is not None:
            ends = self._lanes.values()
            self.middles[self.target] = max(sum(ends) / len(ends), HIGH / 2)
        bottom = max(self.middles[i] + height / 2 for i, height in enumerate(self.heights))
        return Laid(
            (max(self.columns) + 1) * (WIDTH + BETWEEN) - BETWEEN + 2 * PAD,
            round(bottom) + 2 * PAD,
            [(self._left(i), self._middle(i) - h // 2, h) for i, h in enumerate(self.heights)],
            [[self._path(i, k) for k in range(len(row))] for i, row in enumerate(self.inputs)],
        )

    def _settle(self, i: int) -> None:
        """Find a row for a box, after those of its inputs."""
        rows = []
        for k, j in enumerate(self.inputs[i]):
            if j == self.target:
                rows.append(self._leaf(LANE))
                self._lanes[i, k] = rows[-1]
            else:
                if j not in self.middles:
                    self._settle(j)
                rows.append(self.middles[j])
        half, column = self.heights[i] / 2, self.columns[i]
        middle = sum(rows) / len(rows) if rows else self._leaf(self.heights[i])
        self.middles[i] = max(middle, self._free[column] + half)
        self._free[column] = self.middles[i] + half + GAP

    def _leaf(self, height: float) -> float:
        self._lowest += height + GAP
        return self._lowest - GAP - height / 2

    def _left(self, i: int) -> int:
        return PAD + self.columns[i] * (WIDTH + BETWEEN)

    def _middle(self, i: int) -> int:
        return PAD + round(self.middles[i])

    def _path(self, i: int, k: int) -> str:
        j = self.inputs[i][k]
        x, y = self._left(j) + WIDTH, self._middle(j)
        path = f"M{x} {y}"
        if (lane := self._lanes.get((i, k))) is not None:
            passed, level = self._left(i) - BETWEEN, PAD + round(lane)
            if passed > x:  # else there is nothing to pass
                path += _curve(x, y, x + BETWEEN, level) + f"H{passed}"
                x, y = passed, level
        return path + _curve(x, y, self._left(i), self._middle(i))


def _curve(x: int, y: int, to_x: int, to_y: int) -> str:
    bend = min(to_x - x, BETWEEN) // 2
    return f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
