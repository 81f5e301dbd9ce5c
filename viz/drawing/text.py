"""Text inside pictures: numbers, small arrays, and labels made safe for Graphviz's HTML."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

import numpy as np

import engine

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NEWLINE = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
LONGEST = 200  # characters of a label
SHOWN = 12  # the most numbers of an array that is shown number by number
COLUMNS = 4


def shorten(text: str, longest: int = LONGEST) -> str:
    """Text of at most `longest` characters; what is cut off is marked by an ellipsis.

    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def printable(text: str) -> str:
    """Text with U+FFFD in place of what XML or a font could not take: control characters, ….

    >>> printable("a\\tb\\x07")
    'a b�'
    """
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character == "\t":
        return " "
    forbidden = unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"
    return REPLACEMENT if forbidden else character


def safe(text: object, align: str = "") -> str:
    """Any text as the inside of an HTML-like label: escaped, newlines as `<BR/>`.

    Control characters and half surrogates become U+FFFD; everything else is kept.

    >>> safe("a < b\\n& c")
    'a &lt; b<BR/>&amp; c'
    """
    line_break = f'<BR ALIGN="{align}"/>' if align else "<BR/>"
    lines = lines_of(str(text))
    return line_break.join(_escaped(line) for line in lines)


def _escaped(line: str) -> str:
    """One line: no markup; backslashes doubled, else `\\N` would turn into the node's id."""
    return html.escape(printable(line)).replace("\\", "\\\\")


def lines_of(text: str) -> list[str]:
    """Its lines, at any of the line breaks there are."""
    return NEWLINE.split(text)


def number(x: Any, digits: int = 6) -> str:
    """A number with up to `digits` significant digits.

    >>> number(2.0), number(1 / 3), number(float("nan"))
    ('2', '0.333333', 'nan')
    """
    return format(float(x), f".{digits}g")


def array_lines(array: Any) -> str:
    """What a picture says of an array: its numbers if they are few, else statistics.

    >>> print(array_lines(np.array([[1.0, 2.0], [3.0, 4.5]])))
    1  2
    3  4.5
    >>> print(array_lines(np.zeros(100)))
    all 0
    >>> print(array_lines(np.arange(100.0)))
    0 to 99
    mean 49.5
    norm 573
    1 % zeros
    """
    array = np.asarray(array)
    if array.ndim == 0:
        return number(array)
    if array.size == 0:
        return "empty"
    if array.size <= SHOWN and array.ndim <= 2 and array.shape[-1] <= COLUMNS:
        return "\n".join("  ".join(number(x, 4) for x in row) for row in np.atleast_2d(array))
    return "\n".join(_statistics(array))


def _statistics(array: np.ndarray) -> list[str]:
    finite = array[np.isfinite(array)].astype(np.float64)
    lines = []
    if finite.size == array.size and finite.min() == finite.max():
        return [f"all {number(finite.min(), 4)}"]
    if finite.size:
        lines = [f"{number(finite.min(), 4)} to {number(finite.max(), 4)}"]
        lines.append(f"mean {number(_mean(finite), 4)}")
        lines.append(f"norm {number(norm(finite), 4)}")
    zeros = int((array == 0).sum())
    if zeros:
        lines.append(f"{percent(zeros, array.size)} zeros")
    for what, count in (
        ("nan", int(np.isnan(array).sum())),
        ("inf", int(np.isinf(array).sum())),
    ):
        if count:
            lines.append(f"{count} {what}")
    return lines


def _mean(finite: np.ndarray) -> float:
    """The mean, of numbers whose sum may be beyond the largest float."""
    largest = float(np.abs(finite).max())
    return largest * float((finite / largest).mean()) if largest > 1e300 else float(finite.mean())


def norm(array: Any) -> float:
    """The 2-norm, also of numbers whose squares are beyond the largest float; inf without a word.

    >>> f"{norm(np.array([3e200, 4e200])):g}"
    '5e+200'
    """
    with np.errstate(all="ignore"):
        return float(engine.norm(np.asarray(array, dtype=np.float64)))


def percent(part: int, whole: int) -> str:
    """A part in per cent; never 0 % where there is something, never 100 % where all is not.

    >>> percent(1, 1000), percent(1, 3), percent(999, 1000), percent(2, 2)
    ('<1 %', '33 %', '99 %', '100 %')
    """
    rounded = min(round(100 * part / whole), 99 if part < whole else 100)
    return "<1 %" if part and not rounded else f"{rounded} %"


def parameters(given: Any, defaults: Any) -> list[str]:
    """An op's static parameters, those that are not at their default: `axis = 0`."""
    lines = []
    for name, x in given.items():
        default = defaults.get(name)
        if x is default or (
            type(x) is type(default) and not isinstance(x, np.ndarray) and x == default
        ):
            continue
        lines.append(shorten(f"{name} = {_parameter(x)}", 40))
    return lines


def _parameter(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"array of shape {x.shape}" if x.size > SHOWN else str(x.tolist())
    if isinstance(x, slice):
        ends = ["" if end is None else str(end) for end in (x.start, x.stop, x.step)]
        return ":".join(ends if x.step is not None else ends[:2])
    if isinstance(x, tuple):
        inside = ", ".join(map(_parameter, x))
        return f"({inside},)" if len(x) == 1 else f"({inside})"
    return "…" if x is Ellipsis else repr(x)
