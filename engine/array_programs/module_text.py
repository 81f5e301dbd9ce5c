"""Instructions as the text of a module: constants, buffers and views above, then the functions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..symbols import indented, tuple_of
from ..writing import Names, uniform, written_constant
from .chain_text import ChainText
from .forms import code_of_view
from .instructions import COPY, PLACE, VIEW, Chain, Instruction, Steps, Value
from .memory import Buffer, Storage

#: What a program raises where it would answer otherwise than eager.
CARELESS = "FloatingPointError('a sum is too large for the short way')"


class ModuleText:
    """The text of a program, and what it needs beside it.

    Attributes:
        lines: of the module that runs; arrays that are constants are given to it by name.
        constants: these arrays.
        printed: each instruction and its lines; `scratch`, workspaces for one alone.
        kept: the values that the first half hands to the second, beside what is in buffers.
    """

    def __init__(self, steps: Steps, storage: Storage, names: Names, functions: list[str]) -> None:
        self.steps, self.storage, self.names = steps, storage, names
        self.constants: dict[str, Any] = {}
        self.variables: dict[Value, str] = {}
        self._known: dict[Any, str] = {}  # views and constants that are made once, by their text
        self.top: list[str] = []
        self.parts: list[str] = []  # functions of chains
        self.printed: list[tuple[Instruction, list[str]]] = []
        self.scratch: list[tuple[Buffer, Instruction]] = []  # of chains
        for i, buffer in enumerate(storage.buffers, 1):
            buffer.name = names.taken(f"b{i}")
            if not buffer.fresh:
                self.top.append(f"{buffer.name} = {self._place_of(buffer)}")
        for value in (x for given in steps.inputs for x in given):
            self.variables[value] = value.name
        self.kept = self._kept()
        bodies = [self._body(i) for i in range(len(steps.halves))]
        helpers = steps.helpers.text()
        above = [*([*helpers.split("\n"), ""] if helpers else []), *self.top, ""]
        text = self.parts
        quiet = ["@np.errstate(all='ignore')"] if steps.quiet else []
        for i, (function, body) in enumerate(zip(functions, bodies, strict=True)):
            given = [x.name for x in steps.inputs[i]]
            if i:
                given = [*map(self._name, self.kept), *given]
            text += ["", *quiet, f"def {function}({', '.join(given)}):", *indented(body), ""]
        others = [f"import {name}" for name in sorted(steps.helpers.modules - {"np"})]
        self.lines = [*others, "import numpy as np", "", *above, *text]

    def _kept(self) -> list[Value]:
        """What the second half reads of the first, and finds in no buffer."""
        if len(self.steps.halves) == 1:
            return []
        first, second = self.steps.halves
        there = {x for line in first for x in line.results} | set(self.steps.inputs[0])
        read = [x for line in second for x in line.operands] + self.steps.results[1]
        read += self._guards(1)
        return [x for x in dict.fromkeys(read) if x in there and not self._stays(x)]

    def _guards(self, half: int) -> list[Value]:
        """What a half must find finite, and the one before has not looked at."""
        before = self.steps.guards[0] if half else []
        return [x for x in self.steps.guards[half] if x not in before]

    def _stays(self, x: Value) -> bool:
        """Whether a value is in memory that never moves."""
        if x in self.storage.home:
            return not self.storage.home[x].fresh
        owners = self.storage.owners.get(x)
        if owners is None:
            return not x.given
        hoisted = x not in owners  # a view
        return hoisted and all(y in self.storage.home and self._stays(y) for y in owners)

    def _place_of(self, buffer: Buffer) -> str:
        """A new array, or, of memory that is used as several, a part of that."""
        if len(buffer.memory.buffers) == 1:
            return _empty(buffer)
        memory = self._once("m", f"np.empty({buffer.memory.size}, np.uint8)", buffer.memory)
        dtype = written_constant(buffer.dtype)
        return f"{memory}[:{buffer.size}].view({dtype}).reshape({buffer.shape})"

    # --- names ---

    def _name(self, x: Value) -> str:
        """What stands for a value: a variable, or a number as it is."""
        if x in self.storage.home:
            return self.storage.home[x].name
        if x not in self.variables:
            self.variables[x] = self._constant(x.constant)
        return self.variables[x]

    def _constant(self, constant: Any) -> str:
        if isinstance(constant, int | float) and not isinstance(constant, np.generic):
            text = written_constant(constant)
            return f"({text})" if text.startswith("-") else text
        if not np.ndim(constant) and constant.dtype.kind in "fiub":
            kind = written_constant(constant.dtype)
            number = written_constant(constant.item())
            array = isinstance(constant, np.ndarray)
            return self._once("c", f"np.array({number}, {kind})" if array else f"{kind}({number})")
        if isinstance(constant, np.ndarray) and (number := uniform(constant)) is not None:
            made = f"np.full({constant.shape}, {number.item()}, {written_constant(constant.dtype)})"
            return self._once("c", made)
        name = self.names.numbered("c")
        self.constants[name] = constant
        return name

    def _once(self, stem: str, text: str, what: Any = None) -> str:
        """The name of what is made once, at the top: by its text, or for each `what`."""
        key = what or text
        if key not in self._known:
            self._known[key] = self.names.numbered(stem)
            self.top.append(f"{self._known[key]} = {text}")
        return self._known[key]

    def _filled(self, form: str, line: Instruction, out: str = "") -> str:
        def place(at: re.Match[str]) -> str:
            x = line.result if at[1] == "out" else line.operands[int(at[1])]
            name = out if at[1] == "out" else self._name(x)
            if not at[2]:
                return name
            return self._seen_as(x, name, at[2])

        return PLACE.sub(place, form)

    def _seen_as(self, x: Value, name: str, suffix: str) -> str:
        """A look at what has a name, made once if that never moves and no numbers are copied."""
        is_view = np.may_share_memory(code_of_view(f"x{suffix}")(x.layout), x.layout)
        return self._once("v", name + suffix) if is_view and self._stays(x) else name + suffix

    # --- lines ---

    def _body(self, half: int) -> list[str]:
        printed = [(line, self._line(line)) for line in self.steps.halves[half]]
        lines = [text for _, texts in printed for text in texts]
        self.printed += printed
        guards = [f"math.isfinite({self._name(x)})" for x in self._guards(half)]
        if guards:
            lines += [f"if not ({' and '.join(guards)}):", f"    raise {CARELESS}"]
            self.steps.helpers.modules.add("math")
        results, handed = [], set()
        for x in self.steps.results[half]:
            own = x in self.storage.shown and x not in handed
            results.append(self._name(x) if own else f"np.array({self._name(x)})")
            handed.add(x)
        returned = f"[{', '.join(results)}]"
        if len(self.steps.halves) > 1 and not half:
            returned += f", {tuple_of([self._name(x) for x in self.kept])}"
        return [*lines, f"return {returned}"]

    def _line(self, line: Instruction) -> list[str]:
        if isinstance(line, Chain):
            return self._chain(line)
        x, comment = line.result, f"  # {line.result.name}" if line.result.name else ""
        if x in self.storage.home:
            buffer = self.storage.home[x]
            made = []
            if buffer.fresh and buffer.values[0] is x:
                if line.kind != COPY:
                    return [f"{buffer.name} = {self._filled(line.form, line)}{comment}"]
                made = [f"{buffer.name} = {_empty(buffer)}"]
            first, *more = self._filled(line.out, line, buffer.name).split("\n")
            return [*made, f"{first}{comment}", *more]
        text = self._filled(line.form, line)
        if line.kind == VIEW and self._stays(x):
            self.variables[x] = self._once("v", text)
            return []
        self.variables[x] = name = self.names.numbered("v")
        return [f"{name} = {text}{comment}"]

    def _chain(self, chain: Chain) -> list[str]:
        """Fresh arrays for its results, the call, and its sums."""

        def reshaped(x: Value, shape: tuple[int, ...]) -> str:
            name = self._name(x)
            return name if x.shape in ((), shape) else self._seen_as(x, name, f".reshape({shape})")

        written = ChainText(chain, self.names, self.steps.helpers, self._name, reshaped)
        self.scratch += [(buffer, chain) for buffer in written.buffers]
        self.top += written.top
        self.parts += ["", *written.function, ""]
        homes = [(x, self.storage.home[x]) for x in chain.results if x.shape]
        lines = [
            f"{buffer.name} = {_empty(buffer)}"
            for x, buffer in homes
            if buffer.fresh and buffer.values[0] is x
        ]
        lines.append(written.call)
        for x, total in written.totals.items():
            self.variables[x] = self.names.numbered("v")
            lines.append(f"{self.variables[x]} = {total}")
        return lines


def _empty(buffer: Buffer) -> str:
    return f"np.empty({buffer.shape}, {written_constant(buffer.dtype)})"
