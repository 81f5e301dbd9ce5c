"""Numbers put, or added up, at the places of an array of zeros: the transpose of indexing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..by_name import called, has_numbers


def check_fits(x: Any, expected: tuple[int, ...], shape: Any) -> None:
    if np.shape(x) != expected:
        raise ValueError(f"the index picks {expected} of the result's {shape}, x is {np.shape(x)}")


def put_in_zeros(x: Any, shape: Any, index: Any) -> Any:
    """Zeros of `shape` with x at an index that names no element twice."""
    if not has_numbers(x) and (slices := _as_slices(shape, index)) is not None:
        x = x.reshape([stop - start for start, stop in slices])
        widths = [(start, n - stop) for (start, stop), n in zip(slices, shape, strict=True)]
        return np.pad(x, widths) if widths else x
    y = np.zeros(shape, x.dtype)
    y[index] = x
    return y


def _as_slices(shape: Any, index: Any) -> list[tuple[int, int]] | None:
    """Start and stop along each axis of what an index picks; None if it leaves some out between."""
    parts = [part for part in (index if type(index) is tuple else (index,)) if part is not None]
    if not all(part is Ellipsis or type(part) in (int, slice) for part in parts):
        return None
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    at = parts.index(Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    found = []
    for part, n in zip(parts, shape, strict=True):
        start, stop, step = part.indices(n) if type(part) is slice else (part % n, part % n + 1, 1)
        if step != 1:
            return None
        found.append((start, max(start, stop)))
    return found


def add_in_zeros(x: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of `shape` with x added at an index."""
    names = _names_in(index)
    if x.dtype.kind == "f" and (names or not has_numbers(x)):
        return _added_by_name(x, shape, index, names)
    if type(index) is np.ndarray and x.dtype.kind == "f":
        check_fits(x, (*index.shape, *shape[1:]), shape)
        _check_bounds(index, shape[0])
        return add_rows(x, shape, index)
    places = _places(shape=shape, index=index)
    check_fits(x, places.shape, shape)
    if x.dtype.kind == "f":
        return _add_at(places, x, shape)
    out = np.zeros(shape, x.dtype)
    np.add.at(out, index, x)
    return out


def _places(*_names: Any, shape: tuple[int, ...], index: Any) -> np.ndarray:
    """Where in the flattened array the elements are that an index picks."""
    places: np.ndarray = np.arange(math.prod(shape)).reshape(shape)[index]
    return places


def _check_bounds(index: np.ndarray, rows: int) -> None:
    if index.size and not -rows <= index.min() <= index.max() < rows:
        raise IndexError(
            f"an index is out of bounds for {rows} rows: {index.min()} to {index.max()}"
        )


def _add_at(places: Any, x: Any, shape: Any) -> Any:
    """Zeros of `shape` with x added at the flat positions `places`: much faster than np.add.at."""
    total = np.bincount(places.ravel(), x.ravel(), math.prod(shape))
    return total.reshape(shape).astype(x.dtype, copy=False)


# --- whole rows ---

_FEW = 40  # rows: so many are a product with a matrix of 0 and 1


def add_rows(x: np.ndarray, shape: tuple[int, ...], index: np.ndarray) -> np.ndarray:
    """`add_in_zeros` of whole rows: the gradient of a table that rows are looked up in."""
    rows, width = shape[0], math.prod(shape[1:])
    flat = index.ravel()
    if flat.size and np.minimum.reduce(flat) < 0:
        flat = flat % rows
    values = x.reshape(flat.size, width)
    if rows <= _FEW:
        total = _one_hot_product(flat, values, rows)
        finite = np.isfinite(total)
        if np.count_nonzero(finite) == total.size:  # else 0 * inf may have reached other rows
            return total.reshape(shape)
    return _add_at(flat[:, None] * width + np.arange(width), values, shape)


_BLOCK = 1024  # rows added at a time: what they leave stays in the cache


def _one_hot_product(flat: np.ndarray, values: np.ndarray, rows: int) -> np.ndarray:
    """Row i is the sum of the values whose place is i: a product with a matrix of 0 and 1."""
    step = _BLOCK if flat.size > 4 * _BLOCK else max(flat.size, 1)
    columns = np.arange(step)
    one_hot = np.zeros((rows, columns.size), values.dtype)
    total = np.zeros((rows, values.shape[1]), values.dtype)
    with np.errstate(invalid="ignore"):  # 0 * inf
        for start in range(0, flat.size, step):
            places = flat[start : start + step]
            ones = places, columns[: places.size]
            one_hot[ones] = 1
            part = one_hot[:, : places.size] @ values[start : start + step]
            total = total + part if start else part
            if step < flat.size:
                one_hot[ones] = 0
    return total


# --- by name: the same in steps that look at no numbers ---

_LARGE = 2**20  # numbers in a matrix of 0 and 1, beyond which it is slower than counting


def _names_in(index: Any) -> list[Any]:
    parts = index if type(index) is tuple else (index,)
    return [part for part in parts if not has_numbers(part)]


def _added_by_name(x: Any, shape: tuple[int, ...], index: Any, names: list[Any]) -> Any:
    if type(index) is tuple or index.dtype.kind == "b":
        places = called(_places, *names, shape=shape, index=index)
        check_fits(x, places.shape, shape)
        return _add_at(places, x, shape)
    check_fits(x, (*index.shape, *shape[1:]), shape)
    rows, width = shape[0], math.prod(shape[1:])
    flat = called(_from_start, index.reshape(-1), rows=rows)
    values = x.reshape(flat.size, width)
    if rows > _FEW or rows * flat.size > _LARGE:
        return _add_at(flat[:, None] * width + np.arange(width), values, shape)
    one_hot = (np.arange(rows)[:, None] == flat).astype(x.dtype)
    return called(_rows_added, one_hot, values, flat).reshape(shape)


def _from_start(flat: np.ndarray, rows: int) -> np.ndarray:
    """Positions among rows, checked, none of them negative."""
    _check_bounds(flat, rows)
    return flat % rows if flat.size and np.minimum.reduce(flat) < 0 else flat


def _rows_added(one_hot: np.ndarray, values: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """The product with a matrix of 0 and 1; where 0 * inf may have reached other rows, sums."""
    with np.errstate(invalid="ignore"):
        total: np.ndarray = one_hot @ values
    if np.count_nonzero(np.isfinite(total)) == total.size:
        return total
    width = values.shape[1]
    added: np.ndarray = _add_at(flat[:, None] * width + np.arange(width), values, total.shape)
    return added
