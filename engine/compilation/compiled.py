"""`compile`: a function that runs the program that it was traced as."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..derivatives import OwnDerivatives
from ..symbols import Symbol, argument_names, tracing_now
from .call_form import Given
from .survey import Survey
from .trace_kept import Traced
from .tracer import trace_twice

#: From this many traces on, a warning says what has changed each time.
MANY = 32


class Compiled(OwnDerivatives):
    """A function, run as the program that it was traced as: see `compile`.

    Attributes:
        function: the function itself.
        traces: the programs made so far, one for each form of call.
    """

    def __init__(
        self, function: Callable[..., Any], threads: int | None = None, check: bool = False
    ) -> None:
        self.function, self.threads, self.check = function, threads, check
        self.traces: list[Traced] = []
        self._by_key: dict[Any, list[Traced]] = {}
        self._derived: dict[Any, Compiled] = {}
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        functools.update_wrapper(self, function, updated=())
        self._names = argument_names(function, 16)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if tracing_now() is not None or any(isinstance(x, Symbol) for x in args):
            return self.function(*args, **kwargs)  # part of a larger program
        given = Given(args, kwargs, self._names)
        return self.trace_for(given).call(given)

    def trace_for(self, given: Given) -> Traced:
        """The trace for a call: one that was made for calls like it, or a new one."""
        known = self._by_key.setdefault(given.key, [])
        for traced in known:
            if traced.holds():
                return traced
        traced = self._traced(given)
        known.insert(0, traced)
        self.traces.append(traced)
        return traced

    def _traced(self, given: Given) -> Traced:
        roots = [("", self.function), *given.objects]
        survey = Survey(roots)
        traced = Traced(trace_twice(self.function, given, survey), survey, given, self)
        if self.check:
            traced.compare_with_eager(given)
        return traced

    # --- what a program is ---

    @property
    def source(self) -> str:
        """The text that ran in the last new form of call."""
        return self._last().source

    def plan(self) -> Any:
        """How that text uses memory."""
        return self._last().plan()

    def _last(self) -> Traced:
        if not self.traces:
            raise RuntimeError(
                f"{self.__name__} was not called yet: call it once, for what it is compiled for is "
                "known by its arguments"
            )
        return self.traces[-1]

    # --- derivatives ---

    def derived(self, make: Callable[..., Any], *how: Any) -> Compiled:
        """`make(function, *how)`, compiled: a derivative of the function as one program."""
        if (make, how) not in self._derived:
            function = make(self.function, *how)
            self._derived[make, how] = Compiled(function, self.threads, self.check)
        return self._derived[make, how]

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """As a method: bound to its object."""
        return self if owner is None else functools.partial(self, owner)


def compile(
    f: Callable[..., Any] | None = None, *, threads: int | None = None, check: bool = False
) -> Any:
    """f, run as the program that it is: traced once for each form of call, then plain NumPy.

    The function returned takes what f takes and returns what f returns. Where a gradient is to
    flow, its result is one node, whose backward is the program's backward half: for arguments and
    for the parameters that f reads. `grad`, `value_and_grad`, `hvp`, `hessian`, `jacobian` of it
    are compiled too, as one program.

    f is traced anew when what its program depends on is another: the kind, shape or dtype of a
    number among its arguments, any other argument, or a variable or attribute that it reads, such
    as `model.training`. Decisions by numbers (`if x > 0`), `float(x)`, and numbers drawn by NumPy
    or read from a clock are errors that name the line; what engine and nn draw is drawn at each
    call.

    Args:
        f: the function; without it, a decorator.
        threads: how many threads blocks of large arrays are worked through by; default all cores.
        check: compare with f itself, once for each trace.

    Raises:
        TypeError: f is no function; or cannot be compiled, with the line and the way out.

    >>> @compile
    ... def f(a, b):
    ...     return a * b + b
    >>> f(2.0, 3.0), f(3.0, 4.0), len(f.traces)
    (9.0, 16.0, 1)
    """
    if f is None:
        return functools.partial(compile, threads=threads, check=check)
    if not callable(f):
        raise TypeError(f"compile() takes a function, got {type(f).__name__}")
    return Compiled(f, threads, check)
