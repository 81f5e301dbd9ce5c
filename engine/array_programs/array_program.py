"""Programs that run: compiled once, with workspaces that wait for the next call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..symbols import Symbol, code_of
from ..writing import Names
from .chains import in_chains
from .lowered import Lowering
from .memory import Storage
from .module_text import ModuleText
from .negatives import without_negatives
from .plan import Plan, eager_peak, planned
from .shortcuts import shortened
from .workers import thread_count

#: Workspaces that wait for a call: for a loop with a graph or two, or a few threads.
_SPARE = 4


class _Module:
    """A module's code, and workspaces: namespaces in which it ran, each with buffers of its own."""

    def __init__(
        self,
        functions: list[str],
        inputs: list[Sequence[Symbol]],
        results: list[Sequence[Any]],
        threads: int | None,
        careful: bool = False,
    ) -> None:
        names = Names(functions)
        lowering = Lowering(names, careful)
        given = [lowering.given(one) for one in inputs]
        steps = without_negatives(lowering.steps(given, [list(one) for one in results]))
        steps = shortened(in_chains(steps, thread_count(threads)))
        storage = Storage(steps)
        written = ModuleText(steps, storage, names, functions)
        outputs = results[0][:1] if len(results) == 1 else results[0]
        peak = eager_peak(outputs, [x for one in results for x in one])
        self.plan = planned(functions[0], written.printed, storage, written.scratch, peak)
        self.constants, self.lines = written.constants, written.lines
        self.code = code_of(self.lines, __name__, functions[0])
        self.free: list[dict[str, Any]] = []
        #: The same program for numbers that the short way is not right for.
        self.careful = self
        if any(steps.guards):
            self.careful = _Module(functions, inputs, results, threads, careful=True)

    def workspace(self) -> dict[str, Any]:
        """One that nobody uses."""
        try:
            return self.free.pop()  # in one step, for other threads do it too
        except IndexError:
            made = {"__name__": __name__, **self.constants}
            exec(self.code, made)
            return made

    def run(self, function: str, given: Sequence[Any]) -> list[Any]:
        """The results of a function that keeps nothing."""
        space = self.workspace()
        try:
            found: list[Any] = space[function](*given)
            return found
        finally:
            self.give_back(space)

    def give_back(self, space: dict[str, Any]) -> None:
        """Keep a workspace for the next call, if not enough are waiting already."""
        if len(self.free) < _SPARE:
            self.free.append(space)

    @property
    def source(self) -> str:
        """The text with its constants, so that it runs alone."""
        constants = [f"{name} = {_array_text(x)}" for name, x in self.constants.items()]
        start = 1 + self.lines.index("import numpy as np")
        return "\n".join([*self.lines[:start], *constants, *self.lines[start:]])


def _array_text(x: Any) -> str:
    """An array as text that makes it again, to the bit."""
    array = np.ascontiguousarray(x)
    if array.dtype.kind == "i" and array.ndim == 1 and (array == np.arange(array.size)).all():
        return f"np.arange({array.size}, dtype={array.dtype.str!r})"  # as all places are
    made = f"np.frombuffer(bytes.fromhex({array.tobytes().hex()!r}), {array.dtype.str!r})"
    return f"{made}.reshape({np.shape(x)})"


class ArrayProgram:
    """A graph of Symbols as NumPy that runs: from the numbers of inputs to results.

    Args:
        name: the function's.
        inputs: the Symbols that it is given.
        results: Symbols that depend on these, or constants.
        threads: how many may share the blocks of large arrays; default as many as there are cores.

    >>> from engine.symbols import Trace
    >>> trace = Trace()
    >>> x, w = trace.input(np.ones(3), "x"), trace.input(np.ones(3), "w")
    >>> ArrayProgram("f", [x, w], [x * w + 1]).run([np.arange(3.0), np.full(3, 2.0)])
    [array([1., 3., 5.])]
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Symbol],
        results: Sequence[Any],
        threads: int | None = None,
    ) -> None:
        self.name = name
        self._module = _Module([name], [inputs], [results], threads)

    @property
    def source(self) -> str:
        """The text that runs: alone too, with NumPy."""
        return self._module.source

    def plan(self) -> Plan:
        """Lines and buffers; what the first result depends on is forward."""
        return self._module.plan

    def run(self, given: Sequence[Any]) -> list[Any]:
        """The results for other numbers of the same shapes and dtypes: arrays of their own."""
        try:
            return self._module.run(self.name, given)
        except FloatingPointError:
            return self._module.careful.run(self.name, given)


class _Kept:
    """A workspace that backward still reads, and what else it needs."""

    __slots__ = ("given", "module", "numbers", "space")

    def __init__(self, module: _Module, space: Any, given: Sequence[Any], numbers: Any) -> None:
        self.module, self.space, self.given, self.numbers = module, space, given, numbers

    def __del__(self) -> None:
        self.module.give_back(self.space)

    def gradients(self, function: str, seeds: Sequence[Any]) -> list[Any]:
        """What backward answers."""
        found: list[Any] = self.space[function](*self.numbers, *seeds)
        return found


def _kept(module: _Module, function: str, given: Sequence[Any]) -> tuple[list[Any], _Kept]:
    """The outputs of forward, and what it keeps."""
    space = module.workspace()
    outputs, numbers = space[function](*given)
    return outputs, _Kept(module, space, given, numbers)


class ArrayHalves:
    """A program in two halves: forward now, backward later, as often as there is something kept.

    Args:
        name: the functions are called `{name}_forward` and `{name}_backward`.
        inputs: the Symbols that forward is given.
        outputs: what it gives: Symbols, or constants.
        seeds: the Symbols that backward is given, like outputs.
        gradients: what it gives: Symbols that depend on inputs and seeds, or constants.
        threads: as in `ArrayProgram`.

    >>> from engine.symbols import Trace
    >>> trace = Trace()
    >>> x, g = trace.input(np.ones(2), "x"), trace.input(np.ones(2), "g")
    >>> halves = ArrayHalves("square", [x], [x * x], [g], [2 * g * x])
    >>> outputs, kept = halves.forward([np.array([3.0, 4.0])])
    >>> outputs, halves.backward(kept, [np.ones(2)])
    ([array([ 9., 16.])], [array([6., 8.])])
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[Symbol],
        outputs: Sequence[Any],
        seeds: Sequence[Symbol],
        gradients: Sequence[Any],
        threads: int | None = None,
    ) -> None:
        self._forward, self._backward = f"{name}_forward", f"{name}_backward"
        functions = [self._forward, self._backward]
        self._module = _Module(functions, [inputs, seeds], [outputs, gradients], threads)

    @property
    def source(self) -> str:
        """The text that runs, of both halves."""
        return self._module.source

    def plan(self) -> Plan:
        """Lines and buffers, of both halves."""
        return self._module.plan

    def forward(self, given: Sequence[Any]) -> tuple[list[Any], Any]:
        """The outputs, and what backward needs: as long as that lives, its workspace is taken."""
        try:
            return _kept(self._module, self._forward, given)
        except FloatingPointError:
            return _kept(self._module.careful, self._forward, given)

    def backward(self, kept: Any, seeds: Sequence[Any]) -> list[Any]:
        """The gradients; nothing that is kept is changed, so it may be called again."""
        try:
            return kept.gradients(self._backward, seeds)
        except FloatingPointError:
            _, kept = _kept(kept.module.careful, self._forward, kept.given)
            return kept.gradients(self._backward, seeds)
