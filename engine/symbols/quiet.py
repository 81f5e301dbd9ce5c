"""Warnings of NumPy's: a program does not warn of what a row computes in a block without them."""

from __future__ import annotations

from typing import Any

import numpy as np


def unheard() -> Any:
    """A block without warnings, in which a row's own `np.errstate` still can be seen.

    >>> with unheard(), np.errstate(divide="ignore"):
    ...     is_quiet()
    True
    """
    return np.errstate(all="call", call=_say_nothing)


def _say_nothing(*_what: Any) -> None:
    """What NumPy calls in the place of a warning."""


def is_quiet() -> bool:
    """Whether warnings are switched off here (NumPy's own default is not to warn of underflow)."""
    return any(how == "ignore" for kind, how in np.geterr().items() if kind != "under")
