"""Plain arrays that a graph was given: a batch is an input, however deep it enters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..drawing import Box, constant_box


class Batches:
    """The boxes of plain arrays of numbers, one for each array, wherever it enters.

    Masks stay with the op that asks for them, and single numbers with theirs: they are constants.

    Attributes:
        boxes: those asked for so far.
    """

    def __init__(self, prefix: str = "") -> None:
        self.boxes: list[Box] = []
        self._prefix = prefix
        self._arrays: list[np.ndarray] = []

    def name_of(self, x: Any) -> str:
        """The id of an array's box, new or known; "" for anything else.

        >>> given = Batches()
        >>> given.name_of(np.ones(3)), given.name_of(np.zeros(3)), given.name_of(np.ones(3))
        ('a0', 'a1', 'a0')
        >>> given.name_of(2.0), given.name_of(np.array([True, False]))
        ('', '')
        """
        if not isinstance(x, np.ndarray) or not x.ndim or x.dtype.kind not in "fiu":
            return ""
        for k, known in enumerate(
            self._arrays
        ):  # ops keep copies: the same numbers, not the same id
            if x.dtype == known.dtype and np.array_equal(x, known, equal_nan=x.dtype.kind == "f"):
                return self.boxes[k].id
        box = constant_box(f"{self._prefix}a{len(self.boxes)}", x)
        rows = tuple((name or "data", text) for name, text in box.rows)
        heat = tuple((name or "data", strip) for name, strip in box.heat)
        self._arrays.append(x)
        self.boxes.append(
            replace(box, kind="input", caption="input, a plain array", rows=rows, heat=heat)
        )
        return self.boxes[-1].id
