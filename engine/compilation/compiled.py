"""`Compiled`: a function that runs the program that it was traced as."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..callers import warn_caller
from ..derivatives import OwnDerivatives, grad, value_and_grad
from ..locks import TRACING
from ..node import Node
from ..recording import OPENED, RECORDING
from ..symbols import Symbol, argument_names
from ..values import Value
from .agreement import compared
from .call_form import Given, numbers_in, rebuilt
from .dressing import one_number
from .entry import MISSED
from .gradients_given import General, Wanted
from .same_program import Run, is_same
from .survey import Survey
from .trace_kept import VALUE, Traced, TracedGradient
from .tracer import trace_twice
from .uncollected import Uncollected
from .variables import MANY


class Compiled(OwnDerivatives):
    """A function, run as the program that it was traced as: see `compile`.

    Attributes:
        function: the function itself.
        traces: the programs made so far, one for each form of call.

    >>> from engine import compile
    >>> f = compile(lambda x: x * x)
    >>> f(3.0), f(4.0), len(f.traces)
    (9.0, 16.0, 1)
    """

    def __init__(
        self, function: Callable[..., Any], threads: int | None = None, check: bool = False
    ) -> None:
        self.function, self.threads, self.check = function, threads, check
        self._traced_function = function
        self.traces: list[Traced] = []
        self._by_key: dict[Any, list[Traced]] = {}
        #: By the number of arguments: short ways in, and what each is of.
        self._entries: dict[int, list[tuple[Any, Traced]]] = {}
        self._derived: dict[Any, Compiled] = {}
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        functools.update_wrapper(self, function, updated=())
        self._names = argument_names(function, 16)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if OPENED and RECORDING.opened:
            return self.function(*args, **kwargs)
        if not kwargs and len(args) in self._entries:
            for enter, _ in self._entries[len(args)]:
                found = enter(*args)
                if found is not MISSED:
                    return found
        return self._at_length(args, kwargs)

    def _at_length(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call by which no short way leads, as yet."""
        before = len(self.traces)
        given = Given(args, kwargs, self._names)
        if any(isinstance(x, Symbol) for x in given.numbers):  # of a program that is printed
            return self.function(*args, **kwargs)
        traced, given = self._trace_for(given)
        doubtful = traced.asks_types and not traced.run.trace.actions
        if (self.check or doubtful) and len(self.traces) > before:
            result = self._checked(traced, given, args, kwargs)
        else:
            result = traced.call(given)
        self._remember(traced, given)
        return result

    def _checked(self, traced: Traced, given: Given, args: Any, kwargs: Any) -> Any:
        """The result, compared with what the function itself gives."""
        leaves = [x for x, _ in traced.leaves] + [x for x in given.numbers if isinstance(x, Node)]
        try:
            return compared(
                traced.run,
                [x for x in leaves if x.requires_grad],
                lambda: self.function(*args, **kwargs),
                lambda: traced.call(given),
            )
        except BaseException:  # Ctrl-C, too: a program that was not compared is not kept
            self.traces.remove(traced)
            for known in self._by_key.values():
                known[:] = [one for one in known if one is not traced]
            raise

    def _remember(self, traced: Traced, given: Given) -> None:
        """Have a short way for the next call like this one."""
        entries = self._entries.setdefault(len(given.args), [])
        entries[:] = [pair for pair in entries if pair[1] is not traced]
        enter = traced.entry(given)
        if enter is not None:
            entries.insert(0, (enter, traced))

    def _trace_for(self, given: Given) -> tuple[Traced, Given]:
        """The trace for a call, one that was made for calls like it or a new one; and the call."""
        with TRACING:
            return self._known_or_new(given)

    def _known_or_new(self, given: Given) -> tuple[Traced, Given]:
        known = self._by_key.setdefault(given.key, [])
        numbers = None
        for traced in known:
            if traced.key == given.key and traced.holds():
                return traced, given
            if traced.key != given.key:
                numbers = numbers or given.in_numbers()
                if traced.key == numbers.key and traced.holds():
                    return traced, numbers
        survey = Survey([("", self._traced_function), *given.objects])
        if any(isinstance(x, Value) for x in (*survey.nodes.values(), *given.numbers)):
            given = given.in_numbers()
        with Uncollected():
            run = trace_twice(self._traced_function, given, survey)
            for traced in known:
                if is_same(traced.run, run):  # what has changed is of no matter
                    traced.renew_again(survey, self.__name__)
                    return traced, given
            traced = self._kept(run, survey, given)
            traced.write()
        known.insert(0, traced)
        self.traces.append(traced)
        if len(self.traces) == MANY:
            warn_caller(
                f"{self.__name__} was compiled {MANY} times, for calls of as many forms: give what "
                "changes from call to call as arrays or floats among its arguments"
            )
        return traced, given

    def _kept(self, run: Run, survey: Survey, given: Given) -> Traced:
        return Traced(run, survey, given, self.__name__, self.threads)

    # --- what a program is ---

    @property
    def source(self) -> str:
        """The text of the newest trace; `f.traces[0].source` is that of the first."""
        return self._last().source

    def plan(self) -> Any:
        """How that text uses memory: printed a table, by `viz.draw` a picture."""
        return self._last().plan()

    def _last(self) -> Traced:
        if not self.traces:
            derived = " (grad(f) and its kin are programs of their own: g = grad(f); g.source)"
            raise RuntimeError(
                f"{self.__name__} was not called yet: call it once, for what it is compiled for is "
                f"known by its arguments{derived if self._derived else ''}"
            )
        return self.traces[-1]

    # --- derivatives ---

    def derived(self, make: Callable[..., Any], *how: Any) -> Compiled:
        """`make(function, *how)`, compiled: a derivative of the function as one program."""
        if (make, how) not in self._derived:
            function = make(self.function, *how)
            if make in (grad, value_and_grad) and not how[1]:
                made: Compiled = Gradient(self, function, how[0], make is value_and_grad)
            else:
                made = Compiled(function, self.threads, self.check)
            self._derived[make, how] = made
        return self._derived[make, how]

    def __getattr__(self, name: str) -> Any:
        """What else the function has: of a compiled model, `parameters()`, `train()`, …"""
        return getattr(self.__dict__["function"], name)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, traces: {len(self.traces)}>"

    def __reduce__(self) -> Any:
        """As functions are: by its name, where that is its own; else what it is made of."""
        module = sys.modules.get(self.__module__)
        name = getattr(self.function, "__qualname__", "")
        if name and getattr(module, name, None) is self:
            return name
        return Compiled, (self.function, self.threads, self.check)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """As a method: bound to its object."""
        return self if owner is None else Method(self, owner)


class Method(functools.partial[Any]):
    """A compiled function bound to an object, with its `source`, `plan()` and `traces`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.func, name)


class Gradient(Compiled):
    """`grad` or `value_and_grad` of a compiled function: function and gradient in one program.

    That holds for plain arguments; any other call is as of a function of its own.

    Args:
        of: the compiled function.
        function: its derivative, as engine makes it.
        argnums, both: as in `grad`; whether the value is wanted too.
    """

    def __init__(self, of: Compiled, function: Any, argnums: Any, both: bool) -> None:
        super().__init__(function, of.threads, of.check)
        self._of, self._argnums, self._both = of, argnums, both
        self.__name__, self._traced_function = of.__name__, of.function
        self._general = Compiled(function, of.threads, of.check)

    def _at_length(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            wanted = self._wanted(args, kwargs)
            before = len(self.traces)
            traced, _ = self._trace_for(wanted.given)
            if wanted.has_rows and not traced.program.of_numbers:
                wanted = self._wanted(args, kwargs, rows=False)
                traced, _ = self._trace_for(wanted.given)
        except General:
            return self._in_general(args, kwargs)
        if not isinstance(traced, TracedGradient):
            return self._in_general(args, {})
        found = traced.found(wanted.given)
        if self.check and len(self.traces) > before:
            both = value_and_grad(self._of.function, self._argnums)
            compared(
                traced.run,
                [],
                lambda: both(*args),
                lambda: (one_number(np.asarray(found[0])), wanted.answer(found)),
            )
        if wanted.as_given:
            ending = f"{VALUE}, {wanted.text}" if self._both else wanted.text
            traced.ending = f"return {ending}"
            self._remember(traced, Given(wanted.args, {}, self._of._names))
        value = found[0] if traced.program.of_numbers else one_number(found[0])
        gradients = wanted.answer(found)
        return (value, gradients) if self._both else gradients

    def _in_general(self, args: Any, kwargs: Any) -> Any:
        """The derivative as a function of its own; a single number as a Python number."""
        found = self._general(*args, **kwargs)
        each = [x.item() if isinstance(x, np.generic) else x for _, x in numbers_in(found)]
        return rebuilt(found, iter(each))

    def _wanted(self, args: Any, kwargs: Any, rows: bool = True) -> Wanted:
        return Wanted(args, kwargs, self._of._names, self._argnums, rows)

    def _kept(self, run: Run, survey: Survey, given: Given) -> Traced:
        if run.has_gradient(given):
            return TracedGradient(run, survey, given, self.__name__, self.threads)
        return super()._kept(run, survey, given)
