"""A function written down for calls of one form: traced twice, so that nothing in it is chance.

What f does with numbers becomes a graph of Symbols; all else that it does is done now, once.  So
what it must not do is told from what it may: what is drawn from NumPy, or read from a clock, is
another number the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..callers import line_of_caller
from ..node import Node
from ..recording import enable_grad
from ..symbols import LastingTrace, Noting, Symbol, Tracing
from ..writing import gradients
from .call_form import Given, numbers_in, parts_of, rebuilt
from .captured import Captured, Capturing, symbol_of
from .randomness import stands
from .same_program import Run, difference, same
from .survey import Survey


class FunctionTrace(LastingTrace):
    """The trace of a function under `compile`.

    Attributes:
        learned: the gradients that `loss.backward()` in the function adds to the leaves' `.grad`,
            by leaf; `when_learned`: how many actions come before that.
    """

    def __init__(self, survey: Survey) -> None:
        super().__init__(survey.arrays)
        self.names = dict(survey.names)
        self.learned: list[tuple[int, dict[Any, Any]]] = []

    def gradients(self, root: Symbol, wanted: Any, seed: Any) -> list[Any]:
        """The gradient of root for each node, a Symbol or a leaf from outside."""
        found = gradients(root, seed, again=True)
        each = [x if isinstance(x, Symbol) else self.lift(x) for x in wanted]
        return [found.get(x) for x in each]

    def backward(self, root: Symbol, gradient: Any) -> None:
        """Note the gradients of the leaves that f reads: they are added after each call."""
        found = gradients(root, gradient)
        leaves = {x: found[s] for x, s in self.lifted.items() if s.requires_grad and s in found}
        if not leaves:
            raise RuntimeError("backward() of a result that depends on no parameter")
        self.learned.append((len(self.actions), leaves))
        self.actions.append(Learn(len(self.learned) - 1))


@dataclass(frozen=True)
class Learn:
    """Stands among a trace's actions for adding the gradients of one `backward()`."""

    number: int


class _Stopping(FunctionTrace):
    """A trace that ends at one result, with the user's line."""

    stop = 0

    @property
    def made(self) -> int:
        return self._made

    @made.setter
    def made(self, count: int) -> None:
        self._made = count
        if self.stop and count == self.stop:
            raise _Found(line_of_caller())


class _Found(BaseException):
    """Carries a line of the user's out of his function."""


def run_once(f: Any, given: Given, survey: Survey, trace: FunctionTrace) -> Run:
    """Call f on Symbols; everything that it changes from outside is put back.

    Raises:
        TypeError: f changes a variable, an attribute or an argument, or asks for a number.
    """
    pairs = zip(given.numbers, given.names, strict=True)
    arguments = [_input(trace, x, name) for x, name in pairs]
    each = zip(given.numbers, arguments, strict=True)
    trace.callers = {symbol for x, symbol in each if isinstance(x, np.ndarray)}
    for i in given.wrt:  # `grad` gives the function Tensors there
        arguments[i].requires_grad = True
        trace.callers.discard(arguments[i])
    flows = [x.requires_grad for x in arguments]
    args, kwargs = given.with_numbers(iter(arguments))
    before = list(numbers_in((args, kwargs)))
    captured = Capturing(trace, [*survey.nodes.values()])
    recording = nullcontext() if survey.asks_recording else enable_grad()
    with Tracing(trace), recording, Noting(trace), captured:
        try:
            result = f(*args, **kwargs)
            found = [
                (name, symbol_of(x) if isinstance(x, Captured) else _lifted(trace, x))
                for name, x in numbers_in(result)
            ]
        except Exception as error:
            if trace.refused and str(error) != trace.refused[0]:  # it says less than the refusal
                raise TypeError(trace.refused[0]) from error
            raise
        finally:
            changed = survey.changed()
            for place in changed:
                place.put_back()
    if trace.refused:  # and f went on, another way
        raise TypeError(trace.refused[0])
    if changed:
        raise TypeError(
            f"{_name(f)} changes {changed[0].name}: a compiled program would do so once, while it "
            "is traced; return the new value instead"
        )
    for x, name, required in zip(arguments, given.names, flows, strict=True):
        if x.requires_grad is not required:
            raise TypeError(f"{_name(f)} sets {name}.requires_grad: set that outside, before")
    after = list(numbers_in((args, kwargs)))
    if len(after) != len(before) or any(
        a[1] is not b[1] for a, b in zip(after, before, strict=True)
    ):
        raise TypeError(f"{_name(f)} changes its arguments: return what is new instead")
    result = rebuilt(result, iter([x for _, x in found]))
    return Run(trace, arguments, result, [x for _, x in found])


def _input(trace: FunctionTrace, x: Any, name: str) -> Symbol:
    """The Symbol for an argument's number: gradients may flow to all but integers and bools."""
    if isinstance(x, Node):
        return trace.input(x._held, x.label or name, x.requires_grad)
    return trace.input(x if type(x) is float else np.asarray(x), name, requires=False)


def _lifted(trace: FunctionTrace, x: Any) -> Any:
    return trace.lift(x) if isinstance(x, Node) and not isinstance(x, Symbol) else x


ATTEMPTS = 5  # of the same function, where random numbers were drawn meanwhile


def trace_twice(f: Callable[..., Any], given: Given, survey: Survey) -> Run:
    """Write f down, and make sure that it comes out the same a second time.

    Raises:
        TypeError: as `run_once`; or something is another the second time: names the line.
    """
    for _ in range(ATTEMPTS):
        before = stands(survey.sources)
        try:
            first = run_once(f, given, survey, FunctionTrace(survey))
            again = run_once(f, given, survey, FunctionTrace(survey))
            place = difference(first, again)
            line = "" if place is None else _line_of(place, f, given, survey)
        finally:
            moved = [stand for stand in before if not stand.holds()]
            for stand in moved:
                stand.put_back()
        if not moved:  # by another thread perhaps: what f itself draws, it draws each time
            break
    if not same(first.form(), again.form()):
        raise TypeError(
            f"{_name(f)} returns {_kinds(first.form())}, another at each call: a compiled function "
            "returns numbers, arrays, Values and Tensors, and lists, tuples, dictionaries and "
            "dataclasses of these"
        )
    if place is None and not moved:
        first.own_arrays()
        return first
    if place is None:
        raise TypeError(
            f"{_name(f)} draws from {moved[0].name}, or seeds it, while it is traced, and a "
            "compiled program would not do so again: draw with engine's functions "
            "(engine.randn(3)), and seed outside"
        )
    raise TypeError(
        f"{_name(f)} does not do the same twice{line}: a number that is drawn, counted or read "
        "from a clock would stay what it was while tracing; draw with engine's functions "
        "(engine.randn(3)), or give the number as an argument"
    )


def _line_of(place: int, f: Callable[..., Any], given: Given, survey: Survey) -> str:
    """The user's line that makes the result at a place, to stand in a message."""
    stopping = _Stopping(survey)
    stopping.stop = place
    try:
        run_once(f, given, survey, stopping)
    except _Found as found:
        return str(found.args[0])
    return ""


def _kinds(form: Any) -> str:
    parts = parts_of(form)
    if parts is None:
        return f"a {type(form).__name__}"
    return ", ".join(dict.fromkeys(_kinds(x) for _, x in parts if x is not None))


def _name(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))
