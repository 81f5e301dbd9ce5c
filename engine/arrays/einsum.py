"""`einsum`: sums of products over axes that are named by letters."""

from __future__ import annotations

import operator
import string
from typing import Any

import numpy as np

from ..define import shape_op
from ..lists import LISTS
from .indexing import diagonal
from .shapes import reshape, sum_to

_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _einsum_vjp(g: Any, y: Any, *operands: Any, subscripts: str, index: int) -> Any:
    """Swap the operand with the result: 'ij,jk->ik' gives a the gradient 'ik,jk->ij'."""
    inputs, output = subscripts.split("->")
    letters = inputs.split(",")
    others = [i for i in range(len(operands)) if i != index]
    swapped = ",".join([output, *(letters[i] for i in others)]) + "->" + letters[index]
    return _einsum(g, *(operands[i] for i in others), subscripts=swapped)


def _einsum_of_values(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *(np.asarray(x) for x in operands))


@shape_op(_einsum_vjp, name="einsum", variadic=True, elements=_einsum_of_values, linear="each")
def _einsum(*operands: Any, subscripts: str = "") -> Any:
    """Sum of products over named axes, by Einstein's convention."""
    return np.einsum(subscripts, *operands, optimize=len(operands) > 1)


def _lettered(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """einsum's arguments with subscripts, from those with a list of axes after each array."""

    def text(axes: Any) -> str:
        return "".join("..." if i is Ellipsis else _LETTERS[operator.index(i)] for i in axes)

    inputs = ",".join(map(text, given[1::2]))
    if len(given) % 2:
        return (f"{inputs}->{text(given[-1])}", *given[:-1:2])
    return (inputs, *given[::2])


def einsum(subscripts: Any, *operands: Any) -> Any:
    """Sum of products over named axes, in NumPy's notation ('ij,jk->ik', '...i,i', 'ii->i').

    Or axes are numbered, in a list after each array: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Raises:
        ValueError: letters and axes do not match, or the result names an unknown letter.

    >>> float(einsum("i,i", np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    if not isinstance(subscripts, str) and operands and isinstance(operands[0], LISTS):
        return einsum(*_lettered((subscripts, *operands)))
    if not isinstance(subscripts, str):
        raise TypeError(f"subscripts must be a string such as 'ij,jk->ik', got {subscripts!r:.40}")
    letters, output = _explicit(subscripts, [np.ndim(x) for x in operands])
    sizes = _letter_sizes(letters, operands, subscripts)
    reduced: list[Any] = []
    for i, x in enumerate(operands):
        x, letters[i] = _diagonals(x, letters[i], subscripts)
        x, letters[i] = _without_stretched(x, letters[i], sizes)
        elsewhere = set(output).union(*letters[:i], *letters[i + 1 :])
        alone = tuple(k for k, letter in enumerate(letters[i]) if letter not in elsewhere)
        if alone:  # a letter nobody else names is summed at once
            ones = [1 if k in alone else n for k, n in enumerate(np.shape(x))]
            kept = [n for k, n in enumerate(np.shape(x)) if k not in alone]
            x = reshape(sum_to(x, tuple(ones)), tuple(kept))
            letters[i] = "".join(c for k, c in enumerate(letters[i]) if k not in alone)
        reduced.append(x)
    return _einsum(*reduced, subscripts=",".join(letters) + "->" + output)


def _explicit(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """The letters of every operand and of the result, with `...` and a missing -> written out."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"einsum {subscripts!r} names {len(terms)} operands, but {len(ndims)} were given"
        )
    used = {c for c in text if c.isalpha()}
    if bad := {
        c for c in text.replace("...", "").replace("->", "") if not (c.isalpha() or c == ",")
    }:
        raise ValueError(f"einsum {subscripts!r} has unknown characters {sorted(bad)}")
    spare = [c for c in _LETTERS if c not in used]
    hidden = [
        n - len(t.replace("...", "")) if "..." in t else 0
        for t, n in zip(terms, ndims, strict=True)
    ]
    width = max(hidden, default=0)
    for term, ndim, extra in zip(terms, ndims, hidden, strict=True):
        if extra < 0 or (extra == 0 and len(term.replace("...", "")) != ndim):
            raise ValueError(
                f"einsum {subscripts!r}: operand {term!r} does not match an array of {ndim} axes"
            )
    ellipsis = "".join(spare[:width])
    letters = [
        t.replace("...", ellipsis[width - extra :]) for t, extra in zip(terms, hidden, strict=True)
    ]
    if not arrow:
        once = sorted(c for c in used if "".join(letters).count(c) == 1)
        output = "..." * ("..." in text) + "".join(once)
    output = output.replace("...", ellipsis)
    if unknown := sorted(set(output) - set("".join(letters))):
        raise ValueError(f"einsum {subscripts!r}: the result names unknown letters {unknown}")
    if len(set(output)) != len(output):
        raise ValueError(f"einsum {subscripts!r}: the result names a letter twice")
    return letters, output


def _letter_sizes(letters: list[str], operands: Any, subscripts: str) -> dict[str, int]:
    """The length each letter stands for; an axis of length 1 may stand for any."""
    sizes: dict[str, int] = {}
    for term, x in zip(letters, operands, strict=True):
        for letter, n in zip(term, np.shape(x), strict=True):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise ValueError(
                    f"einsum {subscripts!r}: {letter!r} stands for lengths {sizes[letter]} and {n}"
                )
    return sizes


def _without_stretched(x: Any, letters: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """Drop axes of length 1 that broadcast: a factor that does not depend on a letter."""
    kept = [k for k, c in enumerate(letters) if np.shape(x)[k] == sizes[c]]
    if len(kept) == len(letters):
        return x, letters
    return reshape(x, tuple(np.shape(x)[k] for k in kept)), "".join(letters[k] for k in kept)


def _diagonals(x: Any, letters: str, subscripts: str) -> tuple[Any, str]:
    """Take the diagonal for a letter that one operand names twice."""
    for letter in sorted(set(letters)):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            if np.shape(x)[first] != np.shape(x)[second]:
                raise ValueError(
                    f"einsum {subscripts!r}: {letter!r} stands for lengths "
                    f"{np.shape(x)[first]} and {np.shape(x)[second]}"
                )
            x = diagonal(x, 0, first, second)  # the diagonal becomes the last axis
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return x, letters
