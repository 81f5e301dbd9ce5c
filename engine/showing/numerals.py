"""Numbers and arrays as people write them: briefly, with the minus sign of mathematics."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import norm as array_norm

LONGEST = 200  # characters of a label
SHOWN = 12  # the most numbers of an array that is shown number by number
COLUMNS = 4
FEW = 6  # numbers of an array that one line writes out


def shorten(text: str, longest: int = LONGEST) -> str:
    """Text of at most `longest` characters; what is cut off is marked by an ellipsis.

    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def without_middle(text: str, longest: int) -> str:
    """Text with its middle left out where it is too long: names differ at their ends.

    >>> without_middle("layers[0].neurons[3].w[1]", 16)
    'layer…ns[3].w[1]'
    """
    tail = longest * 2 // 3
    return text if len(text) <= longest else f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def number(x: Any, digits: int = 6) -> str:
    """A number with up to `digits` significant digits.

    >>> number(2.0), number(1 / 3), number(float("nan"))
    ('2', '0.333333', 'nan')
    """
    return format(float(x), f".{digits}g")


def minus(text: str) -> str:
    """Text with the minus sign of mathematics in place of the hyphen.

    >>> minus("-3e-07")
    '−3e−07'
    """
    return text.replace("-", "−")


def signed(x: Any) -> str:
    """A number as it stands in a formula.

    >>> signed(-1.5)
    '−1.5'
    """
    return minus(number(x))


def brief(x: Any) -> str:
    """A number, a short array, or what there is to say of a long one.

    >>> brief(-2.0), brief(np.arange(3.0)), brief(np.ones((4, 4)))
    ('−2', '[0, 1, 2]', '(4, 4) of norm 4')
    """
    if x is None:
        return "nothing"
    array = np.asarray(x)
    if array.ndim == 0:
        return signed(array) if array.dtype.kind in "fiu" else str(array)
    if array.size <= FEW:
        return minus(_nested(array.tolist()))
    if array.dtype.kind not in "fiu":
        return f"{array.shape} of {array.dtype}"
    return f"{array.shape} of norm {signed(norm(array))}"


def _nested(numbers: Any) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_nested, numbers))}]"
    return number(numbers, 4)


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
        return float(array_norm(np.asarray(array, dtype=np.float64)))


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
