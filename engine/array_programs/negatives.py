"""Negatives left out: `-x * y + z` is `z - x * y`, to the bit.

Rules of subtraction and division answer with negatives, which then are factors or parts of sums.
A minus goes through products and quotients, for rounding is the same on both sides of 0, and ends
where something is added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .forms import instruction_of
from .instructions import Instruction, Steps, Value

_NEGATIVE, _ADD, _SUBTRACT = "-{0}", "{0} + {1}", "{0} - {1}"
_SUMS, _TIMES = (_ADD, _SUBTRACT), ("{0} * {1}", "{0} / {1}")


def without_negatives(steps: Steps) -> Steps:
    """The program with fewer negatives in it."""
    uses = Counter(x for half in steps.halves for line in half for x in line.operands)
    uses.update(x for results in [*steps.results, *steps.guards] for x in results)
    for i, half in enumerate(steps.halves):
        if any(line.form == _NEGATIVE for line in half):
            signs = _Signs(uses)
            lines = [one for line in half for one in signs.followed(line)]
            read = [x for xs in (steps.results, steps.guards) for results in xs for x in results]
            read += [x for later in steps.halves[i + 1 :] for line in later for x in line.operands]
            steps.halves[i] = [*lines, *signs.made(read)]
    return steps


class _Signs:
    """Negatives that were not made yet.

    Attributes:
        of: what each of them is the negative of.
    """

    def __init__(self, uses: Counter[Value]) -> None:
        self.uses = uses
        self.of: dict[Value, Value] = {}

    def followed(self, line: Instruction) -> Iterator[Instruction]:
        """The steps for one: without minus where that can wait, and after what it needs."""
        signs = [x in self.of for x in line.operands]
        plain = [self.of.get(x, x) for x in line.operands]
        once = all(self.uses[x] == 1 for x in line.operands if x in self.of)
        if line.form == _NEGATIVE and line.result.dtype.kind == "f" and not any(signs):
            self.of[line.result] = plain[0]
        elif line.form in _SUMS and signs == [False, True]:  # a + -b, a - -b
            yield self._step(_ADD if line.form == _SUBTRACT else _SUBTRACT, plain, line)
        elif line.form == _SUBTRACT and all(signs):  # -a - -b
            yield self._step(_SUBTRACT, plain[::-1], line)
        elif line.form == _ADD and signs[0]:  # -a + b; -(a + b) has another zero than -a + -b
            yield from self.made(line.operands[1:])
            yield self._step(_SUBTRACT, [line.operands[1], plain[0]], line)
        elif line.form in _TIMES and any(signs) and once:
            yield self._step(line.form, plain, line, negative=not all(signs))
        else:
            yield from self.made(line.operands)
            yield line

    def _step(
        self, form: str, operands: list[Value], line: Instruction, negative: bool = False
    ) -> Instruction:
        """A step that gives the result of another one, or what that is the negative of."""
        made = instruction_of(form, operands, line.result.layout)
        if negative:
            self.of[line.result] = made.result
        else:
            made.result = line.result
        return made

    def made(self, values: Iterable[Value]) -> Iterator[Instruction]:
        """Steps that make negatives after all."""
        for x in values:
            if x in self.of:
                made = instruction_of(_NEGATIVE, [self.of.pop(x)], x.layout)
                made.result = x
                yield made
