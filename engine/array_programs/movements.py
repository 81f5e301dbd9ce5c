"""Shorter ways of putting numbers somewhere else."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from .forms import instruction_of, padded_at
from .instructions import COPY, VIEW, Instruction, Value

_SLIDE = "np.lib.stride_tricks.sliding_window_view"
_SLID = re.compile(re.escape(_SLIDE) + r"\(\{0\}, \((\d+), (\d+)\), \(2, 3\)\)")
_SAMPLE = np.empty(1)  # of a view it is not asked


class Movements:
    """Each method answers with instructions, or with None."""

    def __init__(self, uses: Counter[Value]) -> None:
        self.uses = uses
        self.copies: dict[Value, Value] = {}
        self.standing: dict[Value, list[tuple[Value, str]] | None] = {}  # among zeros, and where

    def shorter(
        self, line: Instruction, makers: dict[Value, Instruction]
    ) -> list[Instruction] | None:
        """Other steps for one; `makers` are those of the steps before in this half."""
        return self._copy(line, makers) or self._joined(line)

    def _copy(
        self, line: Instruction, makers: dict[Value, Instruction]
    ) -> list[Instruction] | None:
        """The same numbers copied again in another shape: a view of the first copy."""
        if line.kind != COPY or not line.form.startswith(("{0}.reshape(", "{0}.ravel(")):
            return None
        first = self.copies.setdefault(line.operands[0], line.result)
        if first is line.result:
            return self._windows(line, makers)
        form = f"{{0}}.reshape({line.result.shape})"
        line.result.layout = first.layout.reshape(line.result.shape)
        return [Instruction(VIEW, form, [first], line.result)]

    def _windows(
        self, line: Instruction, makers: dict[Value, Instruction]
    ) -> list[Instruction] | None:
        """Every window of images, copied in two steps: along rows first, then whole rows at once.

        The second copies as many numbers at a time as there are windows, the first few of them.
        """
        turned = makers.get(line.operands[0])
        slid = makers.get(turned.operands[0]) if turned is not None else None
        if turned is None or slid is None or turned.form != "{0}.transpose(0, 1, 4, 5, 2, 3)":
            return None
        found = _SLID.fullmatch(slid.form)
        if found is None or "1" in found.groups():
            return None
        rows, columns = found.groups()
        steps = _views(slid.operands[0], f"{_SLIDE}({{0}}, {columns}, 3)", (0, 1, 4, 2, 3))
        along = Value(np.empty(steps[-1].result.shape, line.result.dtype))
        copy = "np.copyto({out}, {0})"
        steps.append(Instruction(COPY, "{0}.copy()", [steps[-1].result], along, copy))
        steps += _views(along, f"{_SLIDE}({{0}}, {rows}, 3)", (0, 1, 5, 2, 3, 4))
        return [*steps, Instruction(COPY, line.form, [steps[-1].result], line.result, line.out)]

    def _joined(self, line: Instruction) -> list[Instruction] | None:
        """The sum of arrays that stand among zeros: each is written, or added, where it stands."""
        if line.kind == COPY and line.form.startswith("np.pad("):
            region = padded_at(line.form, line.operands[0].shape, zeros=True)
            self.standing[line.result] = [(line.operands[0], region)] if region else None
        y, parts = line.result, [self.standing.get(x) for x in line.operands]
        once = all(self.uses[x] == 1 for x in line.operands)
        alike = all((x.shape, x.dtype) == (y.shape, y.dtype) for x in line.operands)
        if line.form != "{0} + {1}" or None in parts or not (once and alike):
            return None
        found = self.standing[y] = [one for part in parts for one in part or []]
        covered = np.zeros(y.shape, bool)
        writes = []
        for i, (_, region) in enumerate(found):
            here = eval(f"covered[{region}]", {"covered": covered})
            add = f"np.add({{out[{region}]}}, {{{i}}}, out={{out[{region}]}})"
            writes.append(add if here.any() else f"np.copyto({{out[{region}]}}, {{{i}}})")
            here[...] = True
        if not covered.all() or any(one.startswith("np.add") for one in writes):
            writes.insert(0, "{out}.fill(0)")
        parts_alone = [x for x, _ in found]
        return [Instruction(COPY, line.form, parts_alone, y, "\n".join(writes))]


def _views(x: Value, form: str, axes: tuple[int, ...]) -> list[Instruction]:
    """The steps that look at x in this form, and at that with its axes in another order."""
    slid = instruction_of(form, [x], _SAMPLE)
    return [slid, instruction_of(f"{{0}}.transpose{axes}", [slid.result], _SAMPLE)]
