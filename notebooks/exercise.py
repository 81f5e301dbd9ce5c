"""How an exercise is checked: the learner's own code is run, and told right or wrong with a hint.

A check is a plain function that takes what the learner wrote and raises `Hint` where it is not
right yet; `exercise` makes its outcome a `Verdict`, which a notebook shows.

    @exercise
    def check_slope(slope):
        "The slope of f at x, by a forward difference."
        near(slope(lambda x: x * x, 3.0), 6.0, "try f(x) = x² at 3: its slope is 2x")
"""

from __future__ import annotations

import dis
import functools
import html
import inspect
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from engine import Restoring, to_numpy

#: What stands before each kind of verdict, and its colour (readable on light and on dark).
MARKS = {"right": ("✓", "#009e73"), "wrong": ("✗", "#d55e00"), "open": ("○", "#808080")}

#: What the file of a cell is called, by which it is told from a module: in Jupyter, and in Colab.
CELLS = ("ipykernel", "ipython-input")

#: What the engine's warnings say where a number was taken out of a graph.
LEFT_GRAPH = ".*(what it gives is not part of the graph|does not depend on argument)"


class Hint(Exception):
    """The answer is not right yet; the text says what to look at."""


class NotWritten(Exception):
    """The exercise still has its `...`."""


@dataclass(frozen=True)
class Verdict:
    """What a check found: "right", "wrong" or "open" (not written yet), and a sentence."""

    kind: str
    text: str

    @property
    def ok(self) -> bool:
        """Whether the answer is right."""
        return self.kind == "right"

    def __str__(self) -> str:
        return f"{MARKS[self.kind][0]} {self.text}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        mark, colour = MARKS[self.kind]
        lines = "; white-space: pre-wrap" if "\n" in self.text else ""
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 10px{lines}">'
            f"<b>{mark}</b> {html.escape(self.text)}</div>"
        )


def exercise(check: Callable[..., str | None]) -> Callable[..., Verdict]:
    """A check whose outcome is a `Verdict`, whatever the learner's code does.

    Args:
        check: takes the learner's answers; raises `Hint` if one is wrong.  What it returns, if
            anything, is said about a right answer.

    Functions among the answers that return `...`, or hold no more than one, count as not
    written; one that does something and returns None is told so.

    >>> @exercise
    ... def check_double(double):
    ...     expect(double(2) == 4, f"double(2) is {double(2)}; twice 2 is 4")
    >>> check_double(lambda x: 2 * x), check_double(lambda x: x + 1), check_double(lambda x: ...)
    (✓ Right., ✗ double(2) is 3; twice 2 is 4, ○ Not written yet: replace the ... above.)
    >>> check_double(lambda x: print(2 * x))
    4
    ✗ Your function gives None, which is nothing. Does it print, or lack a return?
    >>> check_double(None)
    ✗ Your answer is None, which is nothing: what a call of print or backward gives back.
    """

    @functools.wraps(check)
    def checked(*answers: Any, **named: Any) -> Verdict:
        try:
            with warnings.catch_warnings():
                # What the engine warns of in the learner's code, the check says better.
                warnings.filterwarnings("ignore", LEFT_GRAPH, UserWarning)
                said = check(
                    *(_watched(x) for x in answers), **{k: _watched(x) for k, x in named.items()}
                )
        except NotWritten:
            return Verdict("open", "Not written yet: replace the ... above.")
        except Hint as hint:
            return Verdict("wrong", str(hint))
        except Exception as error:
            return Verdict("wrong", _what_was_raised(error))
        return Verdict("right", f"Right. {said}" if said else "Right.")

    return checked


def _watched(answer: Any) -> Any:
    """The answer; one that is not written, or a function that gives nothing, stops the check."""
    if answer is ...:
        raise NotWritten
    expect(
        answer is not None,
        "Your answer is None, which is nothing: what a call of print or backward gives back.",
    )
    if not isinstance(answer, FunctionType) or inspect.isgeneratorfunction(answer):
        return answer

    @functools.wraps(answer)
    def watched(*args: Any, **kwargs: Any) -> Any:
        result = answer(*args, **kwargs)
        if result is ... or (result is None and _is_empty(answer)):
            raise NotWritten
        expect(
            result is not None,
            "Your function gives None, which is nothing. Does it print, or lack a return?",
        )
        return result

    return watched


def _is_empty(function: FunctionType) -> bool:
    """Whether a function does nothing: a stub, of a docstring and `...`.

    >>> _is_empty(lambda x: ...), _is_empty(lambda x: print(x))
    (True, False)
    """
    idle = {"RESUME", "NOP", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return {one.opname for one in dis.get_instructions(function)} <= idle


def _what_was_raised(error: Exception) -> str:
    """The error, and the learner's own line where it happened."""
    said = f"Your code raised {type(error).__name__}: {error}".rstrip(": ")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        line = linecache.getline(frame.filename, frame.lineno or 0).strip()
        if line and any(name in frame.filename for name in CELLS):
            return f"{said}, in the line:  {line}"
    return said


class without(Restoring):  # noqa: N801 - written as a word, like `no_grad`
    """Block that refuses calls of a function, also by another name or from another function.

    Raises:
        Hint: it is called.

    >>> with without(near, "not so near"):
    ...     near(1.0, 1.0, "")
    Traceback (most recent call last):
    notebooks.exercise.Hint: not so near
    """

    def __init__(self, function: Any, hint: str) -> None:
        self._function, self._hint = function, hint

    def saved(self) -> Any:
        return sys.getprofile()

    def change(self) -> None:
        sys.setprofile(self._look)

    def restore(self, saved: Any) -> None:
        sys.setprofile(saved)

    def _look(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code is self._function.__code__:
            raise Hint(self._hint)


def expect(condition: Any, hint: str) -> None:
    """Go on if the condition holds.

    Raises:
        Hint: it does not.
    """
    if not condition:
        raise Hint(hint)


def near(found: Any, expected: Any, hint: str, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Go on if a number, or an array, is as expected up to rounding.

    Raises:
        Hint: it is another number, another shape, or no number at all; the hint says what was
            found and what should be there.

    >>> near(5.0, 6.0, "the slope of x² is 2x")
    Traceback (most recent call last):
    ...
    notebooks.exercise.Hint: the slope of x² is 2x. Yours gives 5, it should be 6.
    """
    got, want = answer_to_numpy(found), answer_to_numpy(expected)
    if got.shape != want.shape:
        raise Hint(f"{hint}. Yours has shape {got.shape}, it should be {want.shape}.")
    if not np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=True):
        # As few digits as tell them apart.
        pairs = [(_short(got, digits), _short(want, digits)) for digits in (6, 9, 12, 15)]
        yours, right = next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
        raise Hint(f"{hint}. Yours gives {yours}, it should be {right}.")


def answer_to_numpy(x: Any) -> np.ndarray:
    """A number, a list, a Value, a Tensor … as an array of floats.

    Raises:
        NotWritten: it is still `...`, or None.
        Hint: it is no number.
    """
    if x is ... or x is None:
        raise NotWritten
    if isinstance(x, Iterator):  # which would be written out with its address
        raise Hint(
            f"A number, or a list, is needed, and yours is a {type(x).__name__}: try list(…)"
        )
    try:
        if isinstance(x, list | tuple):
            return np.array([answer_to_numpy(part) for part in x])
        array = to_numpy(x)
        if array.dtype.kind not in "biuf":  # float("4") would do, and teach nothing
            raise TypeError
        return array.astype(float)
    except (TypeError, ValueError):
        raise Hint(f"A number is needed, and yours is {x!r:.60}") from None


def _short(array: np.ndarray, digits: int) -> str:
    if array.ndim == 0:
        return f"{array[()]:.{digits}g}"
    text = np.array2string(array, precision=digits - 2, separator=", ", threshold=12)
    return text.replace("\n", "")
