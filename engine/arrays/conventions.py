"""What NumPy and PyTorch both have a name for, and mean two things by: the keyword decides.

`axis`, `keepdims`, `ddof` and `ord` are NumPy's, and so is the result then; `dim`, `keepdim`,
`correction`, `unbiased`, `p` and `descending` are PyTorch's.  What stands by position alone is
taken where both agree, and refused, with both readings named, where they do not.

These are functions and methods at once: `x.max(dim=1)` is `max(x, dim=1)`.
"""

from __future__ import annotations

import itertools
import operator
from typing import Any

import numpy as np

from ..core import Op, composed, registry
from ..floats import floating
from ..node import Node
from ..ops import abs
from . import indexing, norms, pieces, quantiles, reductions, running, variance
from .picking import ValuesAndIndices, picked
from .shapes import (
    dims,
    normalize_axes,
    normalize_axis,
    once,
    reshape,
    swapaxes,
    tile,
    transpose as row_transpose,
)


def _unclear(call: str, numpys: str, pytorchs: str) -> ValueError:
    return ValueError(f"{call} has two meanings: {numpys} (NumPy's), or {pytorchs} (PyTorch's)")


def _arguments(given: tuple[Any, ...]) -> str:
    """The arguments of a call, for its error."""
    return ", ".join(repr(x) if isinstance(x, int | str | tuple | list) else "…" for x in given)


def _checked(name: str, given: dict[str, Any], known: str, numpys: Any) -> dict[str, Any]:
    """PyTorch's keywords of a call; an error beside NumPy's, or if there is no such keyword."""
    if not given:
        return given
    if unknown := [key for key in given if key not in known.split()]:
        raise TypeError(
            f"{name}() got an unexpected argument {unknown[0]!r}; PyTorch's are: {known}"
        )
    if numpys:
        raise TypeError(
            f"{name}() got {next(iter(given))!r}, which is PyTorch's, beside NumPy's axis or "
            "keepdims, and the two mean different things: give one library's keywords"
        )
    return given


def _by_position(along: tuple[Any, ...], *keywords: Any) -> bool:
    """Whether an axis is given by position, and no keyword says whose meaning it has."""
    return len(along) > 1 or (bool(along) and along[0] is not None and not any(keywords))


# --- extremes, and sorting ---


def _pair(name: str, x: Any, along: Any, order: Any, given: dict[str, Any]) -> ValuesAndIndices:
    """What `order` picks along the dim that a call names, as PyTorch's keywords say."""
    dim = once(name, "the axis", *along, given.get("dim"))
    if dim is None:
        raise TypeError(f"{name}(keepdim=…) needs a dim; for all numbers, say keepdims=…")
    return picked(name, x, dim, order, given.get("keepdim", False))


def _extreme(
    row: Op, place: Op, x: Any, along: Any, axis: Any, keepdims: Any, given: dict[str, Any]
) -> Any:
    if not along and not given:
        if axis is None and not keepdims:
            return row.apply((x,), row.defaults)
        return row.apply((x,), {"axis": axis, "keepdims": bool(keepdims)})
    name = row.name
    numpys = axis is not None or keepdims is not None
    if len(along) == 1 and isinstance(along[0], Node | np.ndarray) and not (numpys or given):
        return registry[f"{name}imum"](x, along[0])  # no axis is an array
    if _by_position(along, numpys, given):
        said = along[0] if isinstance(along[0], int | tuple) else "…"
        raise _unclear(
            f"{name}({_arguments(along)})",
            f"{name}(axis={said}) gives the numbers",
            f"{name}(dim={said}) gives .values and .indices",
        )
    given = _checked(name, given, "dim keepdim", numpys)
    if not given:
        axis = once(name, "the axis", *along, axis)
        return row.apply((x,), {"axis": axis, "keepdims": bool(keepdims)})
    return _pair(name, x, along, lambda x, dim: place(x, dim, True), given)


@composed
def max(x: Any, *along: Any, axis: Any = None, keepdims: Any = None, **pytorchs: Any) -> Any:
    """Largest number of all, or along axes; with `dim`, as in PyTorch, a pair with its indices.

    Of two arrays, `max(x, y)`, their `maximum`, as in PyTorch.

    Equal ones share the gradient evenly; with `dim` (and `keepdim`) it goes to the one that the
    indices name.

    Raises:
        ValueError: the axis is given by position alone, which has two meanings.

    >>> x = np.array([[1.0, 5.0], [4.0, 2.0]])
    >>> max(x, axis=1), max(x, dim=1).indices
    (array([5., 4.]), array([1, 0]))
    """
    return _extreme(reductions.amax, reductions.argmax, x, along, axis, keepdims, pytorchs)


@composed
def min(x: Any, *along: Any, axis: Any = None, keepdims: Any = None, **pytorchs: Any) -> Any:
    """Smallest number of all, or along axes; with `dim`, as in PyTorch, a pair with its indices.

    In all else as `max`.

    >>> from engine import grad
    >>> grad(lambda x: min(x))(np.array([1.0, 1.0, 3.0]))
    array([0.5, 0.5, 0. ])
    """
    return _extreme(reductions.amin, reductions.argmin, x, along, axis, keepdims, pytorchs)


@composed
def sort(x: Any, *along: Any, **named: Any) -> Any:
    """Numbers in ascending order along an `axis` (None: of all); along a `dim`, with indices too.

    `descending` is PyTorch's, whose `dim` is the last by default.  Equal numbers keep their order.

    Raises:
        ValueError: neither `axis` nor one of PyTorch's keywords is given.

    >>> sort([3.0, 1.0, 2.0], axis=0)
    array([1., 2., 3.])
    >>> values, indices = sort(np.array([3.0, 1.0, 2.0]), dim=0, descending=True)
    >>> values, indices
    (array([3., 2., 1.]), array([0, 2, 1]))
    """
    given = {key: x for key, x in named.items() if key != "axis"}
    given = _checked("sort", given, "dim descending", "axis" in named)
    if along[1:] or not named:
        said = along[0] if along else -1
        raise _unclear(
            f"sort({_arguments(along)})",
            f"sort(axis={said}) gives the numbers",
            f"sort(dim={said}) gives .values and .indices",
        )
    if not given:
        return indexing.sort(x, once("sort", "the axis", *along, named["axis"]))
    dim = once("sort", "the axis", *along, given.get("dim"))
    down = bool(given.get("descending", False))
    order = lambda x, dim: indexing.argsort(x, dim, down)  # noqa: E731 - what `picked` calls
    return picked("sort", x, -1 if dim is None else dim, order, True)


@composed
def median(x: Any, *along: Any, axis: Any = None, keepdims: Any = None, **pytorchs: Any) -> Any:
    """The middle number of all, or along axes: of an even number of them the mean of the two.

    With `dim` (and `keepdim`), as in PyTorch, the lower of the two, in a pair with its index.  nan
    if one is nan.

    Raises:
        ValueError: the axis is given by position, which has two meanings; or there are no numbers.

    >>> x = np.array([1.0, 2.0, 4.0, 8.0])
    >>> float(median(x, axis=0)), float(median(x, dim=0).values)
    (3.0, 2.0)
    """
    numpys = axis is not None or keepdims is not None
    if _by_position(along, numpys, pytorchs):
        raise _unclear(
            f"median({_arguments(along)})",
            f"median(axis={along[0]!r}) gives the mean of the two middle numbers",
            f"median(dim={along[0]!r}) the lower of them, with its index",
        )
    given = _checked("median", pytorchs, "dim keepdim", numpys)
    if not given:
        return quantiles.median(x, once("median", "the axis", *along, axis), bool(keepdims))
    return _pair("median", x, along, quantiles.middle, given)


def _running(name: str, down: bool, x: Any, along: Any, axis: Any, given: dict[str, Any]) -> Any:
    given = _checked(name, given, "dim", axis is not None)
    dim = once(name, "the axis", *along, axis, given.get("dim"))
    if dim is None:
        raise TypeError(f"{name}() needs a dim, along which it runs")
    place = lambda x, dim: running.running_place(x, dim, down)  # noqa: E731 - as in `sort`
    found = picked(name, x, dim, place, True)
    return found if axis is None else found.values


@composed
def cummax(x: Any, *along: Any, axis: Any = None, **pytorchs: Any) -> Any:
    """Largest number so far along a `dim`, in a pair with its indices, as in PyTorch.

    With `axis` the numbers alone.  The gradient goes to the last of equal ones.

    >>> cummax(np.array([1.0, 3.0, 2.0]), dim=0).values
    array([1., 3., 3.])
    """
    return _running("cummax", False, x, along, axis, pytorchs)


@composed
def cummin(x: Any, *along: Any, axis: Any = None, **pytorchs: Any) -> Any:
    """Smallest number so far along a `dim`; in all else as `cummax`.

    >>> cummin(np.array([3.0, 1.0, 2.0]), axis=0)
    array([3., 1., 1.])
    """
    return _running("cummin", True, x, along, axis, pytorchs)


# --- spread ---


def _spread(
    row: Op, x: Any, along: Any, axis: Any, ddof: Any, keepdims: Any, given: dict[str, Any]
) -> Any:
    name = row.name
    numpys = axis is not None or keepdims is not None
    if given:
        given = _checked(name, given, "dim keepdim correction unbiased", False)
        ddof = once(name, "ddof", ddof, given.pop("correction", None), given.pop("unbiased", None))
        _checked(name, given, "dim keepdim", numpys)
    if _by_position(along, numpys, given, ddof is not None) or bool in map(type, along):
        said = "…" if isinstance(along[0], bool) else along[0]
        raise _unclear(
            f"{name}({_arguments(along)})",
            f"{name}(axis={said}) divides by n",
            f"{name}(dim={said}) by n - 1",
        )
    if given or along:
        axis = once(name, "the axis", *along, axis, dims(given.get("dim")))
    params = {
        "axis": axis,
        "ddof": float(bool(given) if ddof is None else ddof),
        "keepdims": bool(given.get("keepdim", keepdims)),  # None is False
    }
    return row.apply((x,), params)


@composed
def var(
    x: Any, *along: Any, axis: Any = None, ddof: Any = None, keepdims: Any = None, **pytorchs: Any
) -> Any:
    """Variance of all numbers or along axes: mean squared distance from the mean.

    Divides by n - ddof.  ddof (PyTorch's `correction`; `unbiased=True` is 1) is 0 by default as in
    NumPy, and 1 as in PyTorch where `dim` or `keepdim` is given.

    Raises:
        ValueError: the axis is given by position, which has two meanings.

    >>> x = np.array([[1.0, 3.0]])
    >>> var(x, axis=1), var(x, dim=1)
    (array([1.]), array([2.]))
    """
    return _spread(variance.var, x, along, axis, ddof, keepdims, pytorchs)


@composed
def std(
    x: Any, *along: Any, axis: Any = None, ddof: Any = None, keepdims: Any = None, **pytorchs: Any
) -> Any:
    """Standard deviation, the root of `var`, whose arguments it has; derivative 0 of equal ones.

    >>> x = np.array([1.0, 3.0])
    >>> float(std(x)), float(std(x, ddof=1))
    (1.0, 1.4142135623730951)
    """
    return _spread(variance.std, x, along, axis, ddof, keepdims, pytorchs)


# --- axes exchanged ---


@composed
def transpose(x: Any, *order: Any, axes: Any = None) -> Any:
    """Axes in another order, reversed by default; two of them exchanged by `transpose(x, 0, 1)`.

    >>> transpose(np.ones((2, 3, 4)), 1, 2).shape, transpose(np.ones((2, 3, 4)), (1, 2, 0)).shape
    ((2, 4, 3), (3, 4, 2))
    """
    if len(order) == 2 and axes is None:  # PyTorch's; NumPy's function takes one tuple
        return swapaxes(x, *order)
    return row_transpose(x, once("transpose", "axes", *order, axes))


# --- norms ---


@composed
def norm(
    x: Any, p_or_ord: Any = None, along: Any = None, keep: bool = False, /, *, ord: Any = None,
    axis: Any = None, keepdims: bool = False, **pytorchs: Any,
) -> Any:  # fmt: skip
    """(sum |x|^p)^(1/p) of numbers, p = 2 by default; of a matrix, with `ord`, NumPy's matrix norm.

    p (`norm(x, 3)`, PyTorch's `p=`, or `ord=`) may be inf (the largest |x|), -inf, 0 (how many are
    not 0) or any number; the axes come next, or by `axis` or `dim`.  Over two axes `ord` means what
    it does in `numpy.linalg.norm`: 1 the largest sum of a column, inf of a row, -1 and -inf the
    smallest, "fro" (and None) the root of the sum of squares.

    Raises:
        ValueError: p by position for two axes, which has two meanings; or a matrix norm that
            takes singular values (2, -2, "nuc"): those are `engine.linalg.norm`'s.

    >>> x = np.array([[1.0, -2.0], [3.0, 4.0]])
    >>> float(norm(x, ord=1)), float(norm(x, p=1)), norm(x, 1, axis=0)
    (6.0, 10.0, array([4., 6.]))
    """
    numpys = ord is not None or axis is not None or keepdims
    given = _checked("norm", pytorchs, "p dim keepdim", numpys)
    p, keepdims = p_or_ord, keep or keepdims or bool(given.get("keepdim"))
    if numpys or given:
        p = once("norm", "p", p, ord, given.get("p"))
        along = once("norm", "the axis", along, axis, dims(given.get("dim")))
    if p is not None and p != "fro" and not given:
        axes = normalize_axes(along, np.ndim(x), "norm")
        if len(axes) > 1 and not numpys:
            raise _unclear(
                f"norm({_arguments((p,) if along is None else (p, along))}) over {len(axes)} axes",
                f"norm(ord={p!r}) is of the matrix",
                f"norm(p={p!r}) of its numbers",
            )
        if len(axes) > 1:
            return _matrix_norm(x, p, axes, keepdims)
    return norms.norm.apply((x,), {"ord": p, "axis": along, "keepdims": keepdims})


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The largest or smallest sum of absolute numbers of a column or a row."""
    if len(axes) != 2:
        raise ValueError(
            f"norm(ord={ord!r}) over {len(axes)} axes: a matrix has two; say p={ord!r}"
        )
    if ord in (2, -2, "nuc"):
        raise ValueError(
            f"norm(ord={ord!r}) of a matrix takes its singular values: engine.linalg.norm does; "
            f"norm() or norm(p=2) is the root of the sum of squares"
        )
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError(
            f"ord of norm() of a matrix must be 1, -1, inf, -inf or 'fro', got {ord!r}; "
            f"norm(p=…) is of its numbers"
        )
    row, column = axes
    summed, compared = (row, column) if ord in (1, -1) else (column, row)
    sums = reductions.sum(floating(abs(x)), summed, True)
    found = (reductions.amax if ord > 0 else reductions.amin)(sums, compared, True)
    kept = [1 if i in axes else n for i, n in enumerate(np.shape(x)) if keepdims or i not in axes]
    return reshape(found, tuple(kept))


# --- pieces, copies, axes of length 1 ---


def _cuts_of_numpy(sections: Any, length: int) -> list[int]:
    """Where to cut: into that many equal pieces, or at these indices."""
    if not isinstance(sections, int | np.integer):
        return [operator.index(cut) for cut in sections]
    if sections <= 0 or length % sections:
        raise ValueError(f"split() cannot cut a length of {length} into {sections} equal parts")
    return [length // sections * i for i in range(1, sections)]


def _cuts_of_pytorch(sizes: Any, length: int) -> list[int]:
    """Where to cut: into pieces of that length (the last may be shorter), or of these lengths."""
    if isinstance(sizes, int | np.integer):
        if sizes <= 0:
            raise ValueError(f"split() cannot cut a length of {length} into parts of {sizes}")
        return list(range(sizes, length, sizes))
    lengths = [operator.index(size) for size in sizes]
    if sum(lengths) != length or any(n < 0 for n in lengths):
        raise ValueError(f"split() cannot cut a length of {length} into parts of {lengths}")
    return list(itertools.accumulate(lengths[:-1]))


@composed
def split(x: Any, indices_or_sections: Any, *along: Any, axis: Any = None, dim: Any = None) -> Any:
    """Pieces along an axis.

    With `axis`, NumPy's: a number of equal pieces, or cut at the given indices.  With `dim`,
    PyTorch's: pieces of a length, or of several lengths.

    Raises:
        ValueError: neither is named and the two differ; or x cannot be cut so.

    >>> x = np.arange(4)
    >>> split(x, 1, axis=0), split(x, 3, dim=0)
    ([array([0, 1, 2, 3])], (array([0, 1, 2]), array([3])))
    """
    if axis is None and dim is None:
        where = f", {{}}={along[0]!r}" if along else ", {}=0"
        raise _unclear(
            f"split({_arguments((indices_or_sections, *along))})",
            f"split(…{where.format('axis')}) cuts into a number of pieces, or at indices",
            f"split(…{where.format('dim')}) into pieces of a length, or of several lengths",
        )
    i = once("split", "the axis", *along, axis, dim)
    i = normalize_axis(i, np.ndim(x), "split")
    if axis is not None:
        return pieces.cut(x, _cuts_of_numpy(indices_or_sections, np.shape(x)[i]), i)
    return tuple(pieces.cut(x, _cuts_of_pytorch(indices_or_sections, np.shape(x)[i]), i))


@composed
def squeeze(x: Any, *along: Any, axis: Any = None, dim: Any = None) -> Any:
    """Axes of length 1 removed: all, or those named.

    One of another length is an error by `axis`, as in NumPy, and stays by `dim`, as in PyTorch.

    Raises:
        ValueError: an axis has another length, and is not named by `dim`.

    >>> squeeze(np.ones((1, 2, 1))).shape, squeeze(np.ones((1, 2, 1)), dim=(0, 1)).shape
    ((2,), (2, 1))
    """
    shape = np.shape(x)
    if len(along) > 1:  # in PyTorch alone
        along, dim = (), once("squeeze", "the axis", along, dim)
    named = once("squeeze", "the axis", *along, axis, dim) if along or dim is not None else axis
    if named is None:
        return reshape(x, tuple([n for n in shape if n != 1]))
    axes = normalize_axes(named, len(shape), "squeeze")
    for i in axes:
        if shape[i] != 1 and dim is None:
            hint = "" if axis is not None else "; as in PyTorch it stays, by squeeze(dim=…)"
            raise ValueError(f"squeeze() of axis {i}, whose length is {shape[i]}, not 1{hint}")
    return reshape(x, tuple(n for i, n in enumerate(shape) if i not in axes or n != 1))


def repeat_method(x: Any, *repeats: Any, **named: Any) -> Any:
    """`engine.repeat` of this, with `axis`; three or more numbers by position tile it, as PyTorch.

    Raises:
        ValueError: one or two arguments by position, which have two meanings.
    """
    if named:
        return pieces.repeat(x, *repeats, **named)
    if len(repeats) > 2:
        if len(repeats) < np.ndim(x):
            raise ValueError(f"repeat{repeats} needs a number for each of {np.ndim(x)} axes")
        return tile(x, repeats)
    said = _arguments(repeats)
    axis = repeats[1] if len(repeats) == 2 else None
    raise _unclear(
        f"repeat({said})",
        f"repeat({_arguments(repeats[:1])}, axis={axis}) repeats each number",
        f"tile({said}) repeats the whole",
    )
