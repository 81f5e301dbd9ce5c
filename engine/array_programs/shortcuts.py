"""Instructions for others that compute the same and take longer.

Sums are products with ones, which BLAS is far better at; a choice between a number and 0 is a
product of its bits with 1 or 0, which an infinite number survives.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from .instructions import (
    ELEMENTWISE,
    PRODUCT,
    REDUCTION,
    VIEW,
    Chain,
    Instruction,
    Steps,
    Value,
    constant_of,
)
from .movements import Movements

_MANY = 1 << 16  # more ones would be read from far away
_WIDE = 32  # rows that are worth a call of BLAS each


def shortened(steps: Steps) -> Steps:
    """The program with shorter ways; what nobody reads any more is left out."""
    uses = Counter(x for half in steps.halves for line in half for x in line.operands)
    uses.update(x for results in [*steps.results, *steps.guards] for x in results)
    ways = _Ways(uses)
    lines = [line for half in steps.halves for line in half]
    ways.viewed = {x for line in lines if line.kind == VIEW for x in line.operands}
    halves = []
    for half in steps.halves:
        ways.makers = {}
        halves.append([shorter for line in half for shorter in ways.shorter(line)])
    read = {x for results in [*steps.results, *steps.guards] for x in results}
    for half in reversed(halves):
        for i in reversed(range(len(half))):
            if any(x in read for x in half[i].results):
                read.update(half[i].operands)
            else:
                del half[i]
    steps.halves = halves
    return steps


class _Ways:
    """Each method answers with instructions, or with None; `makers` are those of this half."""

    def __init__(self, uses: Counter[Value]) -> None:
        self.uses = uses
        self.makers: dict[Value, Instruction] = {}
        self.viewed: set[Value] = set()  # what is a view of these was decided by their layout
        self.integers: dict[tuple[Value, Any], Value] = {}
        self.ones: dict[Any, Value] = {}
        self.movements = Movements(uses)

    def shorter(self, line: Instruction) -> list[Instruction]:
        if isinstance(line, Chain):
            _Ways(self.uses).shorten_body(line)  # what it makes is its own
            return [line]
        found = self.movements.shorter(line, self.makers)
        for way in (self._sum, self._product, self._turned, self._gate, self._relu):
            found = found or way(line)
        found = found or [line]
        self.makers.update((one.result, one) for one in found)
        return found

    def shorten_body(self, chain: Chain) -> None:
        """A chain's steps: choices, and sums of products."""
        body = []
        for step in chain.body:
            found = self._gate(step) or [step]
            if step.kind == REDUCTION and step.operands[0].dtype.char in "fd":
                factors = self._factors(step.operands[0])
                if factors:
                    found = [Instruction(REDUCTION, "np.vdot({0}, {1})", factors, step.result)]
            body += found
            self.makers.update((one.result, one) for one in found)
        read = {*chain.exported, *(x for one in body for x in one.operands)}
        chain.body = [one for one in body if one.result in read]

    def _one(self, count: int, dtype: Any) -> Value:
        key = count, dtype
        if key not in self.ones:
            self.ones[key] = constant_of(np.ones(count, dtype))
        return self.ones[key]

    # --- sums ---

    def _sum(self, line: Instruction) -> list[Instruction] | None:
        if not line.sums:
            return None
        x, y = line.operands[0], line.result
        if x.dtype.char not in "fd" or not math.prod(x.shape):
            return None
        factors = self._factors(x)
        ndim, count = len(x.shape), len(line.sums)
        if count == ndim:
            return None if y.shape else self._total(x, y, factors)
        if line.sums == tuple(range(ndim - count, ndim)):
            return self._of_rows(x, y, count, factors)
        if line.sums == tuple(range(count)):
            rows = math.prod(x.shape[:count])
            if rows <= _MANY:
                form = f"np.dot({{1}}, {{0.reshape({rows}, -1)}}"
                return [_flat(form, [x, self._one(rows, x.dtype)], y)]
        if line.sums[-1] == ndim - 1:
            return self._in_two(x, y, line.sums)
        return None

    def _in_two(self, x: Value, y: Value, axes: tuple[int, ...]) -> list[Instruction] | None:
        """The sum over the last axes, and over what is left to sum of that."""
        last = next(i for i in range(len(axes)) if axes[i:] == (*range(axes[i], len(x.shape)),))
        part = Value(np.empty(x.shape[: axes[last]], x.dtype))
        first = self._of_rows(x, part, len(axes) - last, None)
        rest = Instruction(REDUCTION, "", [part], y, sums=axes[:last])
        second = self._sum(rest)
        return [*first, *second] if first and second else None

    def _factors(self, x: Value) -> list[Value] | None:
        """Two arrays of the shape of x whose product it is, if that is read only here."""
        maker = self.makers.get(x)
        if maker is None or self.uses[x] > 1:
            return None
        factors = {"{0} * {1}": maker.operands, "np.square({0})": maker.operands * 2}
        found = factors.get(maker.form)
        alike = found and all((y.shape, y.dtype) == (x.shape, x.dtype) for y in found)
        return found if alike else None

    def _total(self, x: Value, y: Value, factors: list[Value] | None) -> list[Instruction] | None:
        """The sum of all: a dot product, of two factors or with ones."""
        size = math.prod(x.shape)
        if factors:
            return [Instruction(PRODUCT, "np.vdot({0}, {1})", factors, y)]
        if size > _MANY:
            return None
        form = "np.dot({0.reshape(-1)}, {1})"
        return [Instruction(PRODUCT, form, [x, self._one(size, x.dtype)], y)]

    def _of_rows(
        self, x: Value, y: Value, count: int, factors: list[Value] | None
    ) -> list[Instruction]:
        """The sums of rows: of the last axes."""
        width = math.prod(x.shape[-count:])
        if factors and count == 1 and width >= _WIDE:
            return [_flat("np.vecdot({0}, {1}", factors, y, x.shape[:-1])]
        if width > _MANY:
            return []
        form = f"np.dot({{0.reshape(-1, {width})}}, {{1}}"
        return [_flat(form, [x, self._one(width, x.dtype)], y)]

    # --- products ---

    def _product(self, line: Instruction) -> list[Instruction] | None:
        """A batch of matrices with one matrix: one product of all rows."""
        if line.form != "{0} @ {1}" or line.result.dtype.char not in "fd":
            return None
        (a, b), y = line.operands, line.result
        if len(a.shape) < 3 or len(b.shape) != 2 or a.dtype != b.dtype or not math.prod(y.shape):
            return None
        form = f"np.dot({{0.reshape(-1, {a.shape[-1]})}}, {{1}}"
        return [_flat(form, [a, b], y, (-1, y.shape[-1]))]

    def _turned(self, line: Instruction) -> list[Instruction] | None:
        """The transpose of a product as the product of transposes, which BLAS reads as well."""
        maker = self.makers.get(line.operands[0]) if line.form in ("{0}.T", "{0}.mT") else None
        if maker is None or maker.form != "{0} @ {1}" or self.uses[maker.result] > 1:
            return None
        if line.result in self.viewed:
            return None
        a, b = maker.operands
        ndim = len(line.result.shape)
        if not len(a.shape) == len(b.shape) == ndim or (ndim > 2 and line.form == "{0}.T"):
            return None
        lines = [_transposed(b), _transposed(a)]
        operands = [one.result for one in lines]
        line.result.layout = np.empty(line.result.shape, line.result.dtype)
        product = Instruction(PRODUCT, "{0} @ {1}", operands, line.result, maker.out)
        return [*lines, product]

    # --- choices ---

    def _gate(self, line: Instruction) -> list[Instruction] | None:
        """`where(c, x, 0)` as the product of x's bits with c's."""
        if line.form != "np.where({0}, {1}, {2})":
            return None
        (c, x, zero), y = line.operands, line.result
        if x.constant is not None or not _is_zero(zero) or c.dtype != bool:
            return None
        if not x.shape == c.shape == y.shape or x.dtype != y.dtype or y.dtype.kind != "f":
            return None
        whole = f"np.int{8 * y.dtype.itemsize}"
        lines = []
        if (c, whole) not in self.integers:
            bits = Value(np.empty(y.shape, whole[3:]))
            cast = "np.copyto({out}, {0.view(np.int8)})"
            lines.append(Instruction(ELEMENTWISE, f"{{0}}.astype({whole})", [c], bits, cast))
            self.integers[c, whole] = bits
        product = f"np.multiply({{0.view({whole})}}, {{1}}"
        plain, out = f"{product}).view(np.{y.dtype.name})", f"{product}, out={{out.view({whole})}})"
        operands = [x, self.integers[c, whole]]
        return [*lines, Instruction(ELEMENTWISE, plain, operands, y, out)]

    def _relu(self, line: Instruction) -> list[Instruction] | None:
        """`maximum(x, 0)` with an array of zeros, which takes a third of the time."""
        if not line.out.startswith("np.maximum({0}, {1}, ") or not line.result.shape:
            return None
        x, zero = line.operands
        if not _is_zero(zero) or zero.shape or x.shape != line.result.shape:
            return None
        if math.prod(x.shape) > _MANY or x.dtype.kind != "f":
            return None
        zeros = constant_of(np.zeros(x.shape, x.dtype))
        return [Instruction(ELEMENTWISE, line.form, [x, zeros], line.result, line.out)]


def _transposed(x: Value) -> Instruction:
    """The step that gives the matrices of x transposed."""
    return Instruction(VIEW, "{0}.mT", [x], Value(x.layout.mT))


def _is_zero(x: Value) -> bool:
    return (
        x.constant is not None
        and not np.ndim(x.constant)
        and x.constant == 0
        and not (np.signbit(x.constant))
    )


def _flat(
    form: str, operands: list[Value], y: Value, shape: tuple[int, ...] = (-1,)
) -> Instruction:
    """A product whose result NumPy gives another shape; the form lacks its end."""
    plain, out = f"{form})", f"{form}, out={{out}})"
    if len(y.shape) != len(shape):
        plain, out = f"{plain}.reshape({y.shape})", f"{form}, out={{out.reshape({shape})}})"
    return Instruction(PRODUCT, plain, operands, y, out)
