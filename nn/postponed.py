"""The parts of a training step in a compiled function: put off until after each of its calls.

That is when the gradients are there, which they work on.  They are done in the order in which they
were asked for while the function was traced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from engine.symbols import line_of_caller, tracing_now


def is_postponed(action: Callable[..., Any], *args: Any) -> bool:
    """Whether a compiled function is being traced; then `action(*args)` follows each call of it."""
    trace = tracing_now()
    if trace is None:
        return False
    trace.afterwards(lambda: action(*args))
    return True


def refuse_while_traced(what: str, way: str) -> None:
    """Refuse what cannot be put off.

    Raises:
        TypeError: a compiled function is being traced.
    """
    if tracing_now() is not None:
        raise TypeError(f"{what} in a compiled function{line_of_caller()}: {way}")


CLOSURE = (
    "step(closure)",
    "compile what computes the loss, and call that in the closure",
)


class Later:
    """Stands for a result that there is only after the call.

    >>> Later("clip_grad_norm_()") > 1  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: clip_grad_norm_() is done after each call of a compiled function, which cannot use \
its result (..., line ...): call it outside, after the function
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def _refuse(self, *_args: Any, **_named: Any) -> NoReturn:
        raise TypeError(
            f"{self._what} is done after each call of a compiled function, which cannot use its "
            f"result{line_of_caller()}: call it outside, after the function"
        )

    __abs__ = __add__ = __and__ = __array__ = __bool__ = __call__ = __contains__ = _refuse
    __divmod__ = __eq__ = __float__ = __floordiv__ = __format__ = __ge__ = __getattr__ = _refuse
    __getitem__ = __gt__ = __index__ = __int__ = __iter__ = __le__ = __len__ = __lt__ = _refuse
    __mod__ = __mul__ = __ne__ = __neg__ = __or__ = __pow__ = __radd__ = __rfloordiv__ = _refuse
    __rmod__ = __rmul__ = __round__ = __rpow__ = __rsub__ = __rtruediv__ = __sub__ = _refuse
    __str__ = __truediv__ = _refuse
    __hash__ = object.__hash__
    __array_ufunc__ = None
