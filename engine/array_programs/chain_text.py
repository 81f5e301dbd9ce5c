"""A chain as text: a function of one block, and the lines that call it for every block."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ..symbols import indented
from ..writing import Helpers, Names, written_constant
from .instructions import ELEMENTWISE, PLACE, REDUCTION, Chain, Instruction, Value
from .memory import Buffer, Memory
from .workers import aligned, blocks, in_blocks, in_threads, shares

#: Bytes of a block of an array: what a few steps in a row read and write fits the cache.
BLOCK = 128 << 10

#: Ufuncs that are far faster on an array than with one number.
_WHOLE = ("np.maximum({0}, {1})", "np.minimum({0}, {1})")


class ChainText:
    """What stands for a chain in a module.

    Attributes:
        top: lines that are run once.
        function: that of a block.
        call: the line that calls it for all.
        totals: the text of each sum after that.
        buffers: its workspaces.
    """

    def __init__(
        self,
        chain: Chain,
        names: Names,
        helpers: Helpers,
        name_of: Callable[[Value], str],
        reshaped: Callable[[Value, tuple[int, ...]], str],
    ) -> None:
        self.chain, self.names, self.name_of = chain, names, name_of
        self.known: dict[Value, str] = {}  # the variable of each value in the function
        self.spaces: list[str] = []  # variables that are workspaces, and how these are made
        self.makers: list[str] = []
        self.maker = helpers.name("aligned", aligned)
        self.buffers: list[Buffer] = []
        self.constants: dict[Any, str] = {}  # those that hold a constant
        self.top: list[str] = []
        count, *inner = chain.shape
        arrays = [x for x in (*chain.operands, *chain.results) if x.shape]
        self.rows = max(1, BLOCK // max(x.dtype.itemsize for x in arrays) // math.prod(inner))

        cut = [x for x in arrays if chain.cuts(x)]
        whole = [x for x in chain.operands if x not in cut and (x.shape or x.constant is None)]
        sums = {line.result: names.numbered("s") for line in chain.body if line.kind == REDUCTION}
        for x, name in sums.items():
            self._at_top(name, f"np.empty({-(-count // self.rows)}, {written_constant(x.dtype)})")
        self.totals = {x: f"np.add.reduce({name})" for x, name in sums.items()}

        number, part, parts = names.taken("i"), names.numbered("part"), names.numbered("blocks")
        self.known = {x: name_of(x) for x in (*cut, *whole)}
        given = [number, *self.known.values(), *sums.values()]  # and then workspaces
        self.known |= {x: f"{name}[{number}]" for x, name in sums.items()}
        body = self._body()
        self.function = [f"def {part}({', '.join([*given, *self.spaces])}):", *indented(body)]
        shown = [[reshaped(x, chain.shape_of(x)) for x in xs] for xs in (cut, whole)]
        arrays_text, others = (", ".join(xs) for xs in (shown[0], [*shown[1], *sums.values()]))
        calls: list[Any] = [blocks, in_blocks] if chain.threads == 1 else [shares, in_threads]
        cutting, calling = (helpers.name(one.__name__, one) for one in calls)
        more = f", {chain.threads}" * (chain.threads > 1)
        made = f"[{', '.join(self.makers)}]{more}"
        self._at_top(parts, f"{cutting}({count}, {self.rows}, {made})")
        self.call = f"{calling}({part}, {parts}, [{arrays_text}], [{others}])"

    def _at_top(self, name: str, text: str) -> None:
        self.top.append(f"{name} = {text}")

    def _body(self) -> list[str]:
        """The steps, on variables of the function."""
        last = {x: k for k, line in enumerate(self.chain.body) for x in line.operands}
        free: list[tuple[str, Value]] = []
        text: list[str] = []
        for k, line in enumerate(self.chain.body):
            dying = [x for x in dict.fromkeys(line.operands) if last[x] == k]
            ours = [(self.known[x], x) for x in dying if self.known.get(x) in self.spaces]
            if line.result not in self.known:
                self.known[line.result] = self._space(line, ours, free)
            first, *more = self._filled(line).split("\n")
            comment = f"  # {line.result.name}" if line.result.name else ""
            text += [f"{first}{comment}", *more]
            free += [one for one in ours if one[0] != self.known[line.result]]
        return text

    def _space(
        self, line: Instruction, ours: list[tuple[str, Value]], free: list[tuple[str, Value]]
    ) -> str:
        """A workspace for a result: of an operand that dies, one that is free, or a new one."""
        dtype = line.result.dtype
        for name, x in ours:
            if line.kind == ELEMENTWISE and x.dtype == dtype:
                return name
        for one in reversed(free):  # the last, which is still near
            if one[1].dtype == dtype:
                free.remove(one)
                return one[0]
        return self._new(dtype)

    def _new(self, dtype: Any, fill: str = "") -> str:
        """One more workspace."""
        shape = self.rows, *self.chain.shape[1:]
        self.makers.append(f"{self.maker}({shape}, {written_constant(dtype)}{fill})")
        self.spaces.append(self.names.numbered("t"))
        each = (self.chain.threads, *shape) if self.chain.threads > 1 else shape
        size = math.prod(each) * dtype.itemsize
        self.buffers.append(Buffer(each, dtype, Memory(size), name=self.spaces[-1]))
        return self.spaces[-1]

    def _filled_with(self, x: Value) -> str:
        """A workspace that holds a constant."""
        key = x.dtype, written_constant(x.constant.item())
        if key not in self.constants:
            self.constants[key] = self._new(x.dtype, f", {key[1]}")
        return self.constants[key]

    def _filled(self, line: Instruction) -> str:
        """A step as text."""

        def place(at: re.Match[str]) -> str:
            x = line.result if at[1] == "out" else line.operands[int(at[1])]
            if line.form in _WHOLE and x.constant is not None and not x.shape:
                return self._filled_with(x)
            return (self.known[x] if x in self.known else self.name_of(x)) + (at[2] or "")

        if line.kind == REDUCTION:
            return PLACE.sub(place, f"{{out}} = {line.form}")
        return PLACE.sub(place, line.out)
