"""How rows carry the batch's axis: in front of the axes that they name, or through all of them."""

from __future__ import annotations

import math
from string import ascii_letters
from typing import Any

import numpy as np

from ..arrays import (
    broadcast_to,
    expand_dims,
    matmul,
    reshape,
    squeeze,
    sum as sum_of,
    sum_to,
    swapaxes,
)
from ..by_name import has_numbers
from ..core import registry
from ..linalg import solve
from ..node import to_numpy
from ..symbols import Place
from .replay import Step, applied, behind, carried, carried_at_places


def leading(step: Step) -> Any:
    """Rows that take any number of axes in front of the first input: it alone is batched."""
    return step.apply(*step.inputs) if step.first_alone() else None


def folded(step: Step) -> Any:
    """Rows whose first input is a batch already, of N: there are `size` times N."""
    if not step.first_alone():
        return None
    x = step.inputs[0]
    shape = np.shape(x)
    y = step.apply(reshape(x, (shape[0] * shape[1], *shape[2:])), *step.inputs[1:])
    return reshape(y, (step.size, *step.shape))


def _shifted(axis: Any, ndim: int) -> Any:
    """An axis of an example, or several, as those of the batch."""
    if isinstance(axis, tuple | list):
        return tuple([i % ndim + 1 for i in axis])
    return axis % ndim + 1


def along_axis(step: Step) -> Any:
    """Rows with an `axis`; None means all numbers of an example, in one line."""
    x, axis = step.inputs[0], step.params["axis"]
    if not step.first_alone():
        return None
    if axis is not None:
        return step.apply(x, *step.inputs[1:], axis=_shifted(axis, step.ndims[0]))
    flat = reshape(x, (step.size, math.prod(np.shape(x)[1:])))
    return reshape(step.apply(flat, axis=1), (step.size, *step.shape))


def _norm(step: Step) -> Any:
    axis, ndim = step.params["axis"], step.ndims[0]
    if axis is None and step.params["ord"] is not None and ndim > 1:  # of a matrix
        return step.apply(step.inputs[0], axis=tuple(range(1, ndim + 1)))
    return along_axis(step)


def _reshape(step: Step) -> Any:
    return reshape(step.inputs[0], (step.size, *step.shape))


def _broadcast_to(step: Step) -> Any:
    x = behind(step.inputs[0], step.ndims[0], len(step.shape))
    return broadcast_to(x, (step.size, *step.shape))


def _sum_to(step: Step) -> Any:
    x, more = step.inputs[0], step.ndims[0] - len(step.shape)
    if more:
        x = sum_of(x, axis=tuple(range(1, more + 1)))
    return sum_to(x, (step.size, *step.shape))


def _transpose(step: Step) -> Any:
    ndim = step.ndims[0]
    axes = step.params["axes"] or range(ndim)[::-1]
    return step.apply(step.inputs[0], axes=(0, *[i % ndim + 1 for i in axes]))


def _concatenate(step: Step) -> Any:
    axis = _shifted(step.params["axis"], len(step.shape))
    return step.apply(*map(step.spread, range(len(step.inputs))), axis=axis)


def _packed_slogdet(step: Step) -> Any:
    return swapaxes(step.apply(*step.inputs), 0, 1)  # the pair comes first


def _pad(step: Step) -> Any:
    if np.ndim(step.params["constant_values"]):
        return None
    widths = np.broadcast_to(np.asarray(step.params["pad_width"]), (step.ndims[0], 2)).tolist()
    return step.apply(step.inputs[0], pad_width=((0, 0), *map(tuple, widths)))


def _behind_all(index: Any) -> tuple[Any, ...] | None:
    """An index of an example as one of the batch; None where its arrays do not stand together.

    (NumPy puts what they give in front then.)
    """
    index = index if isinstance(index, tuple) else (index,)
    arrays_at = [i for i, x in enumerate(index) if not (x is None or x is ... or type(x) is slice)]
    several = any(isinstance(index[i], np.ndarray | list) for i in arrays_at)
    if several and arrays_at[-1] - arrays_at[0] >= len(arrays_at):
        return None
    return (slice(None), *index)


def _getitem(step: Step) -> Any:
    index = _behind_all(step.params["index"])
    return None if index is None else step.apply(step.inputs[0], index=index)


def _scatter(step: Step) -> Any:
    index = _behind_all(step.params["index"])
    shape = (step.size, *step.params["shape"])
    return None if index is None else step.apply(step.inputs[0], index=index, shape=shape)


def at_places(step: Step) -> Any:
    """`x[i]`, `x[i, j]`, `x[i, :]`, and what adds there: integers that depend on the example."""
    op: Any = step.op
    index = step.params["index"]
    index = index if isinstance(index, tuple) else (index,)
    lead = [x for x in index if type(x) is not slice]
    if slice in map(type, index[: len(lead)]) or not all(map(_is_place_or_integers, lead)):
        return None
    numbers = [step.inputs[x.index] if type(x) is Place else x for x in lead]
    flags = [type(x) is Place and step.batched[x.index] for x in lead]
    ndims = [np.ndim(x) - flag for x, flag in zip(numbers, flags, strict=True)]
    each = zip(numbers, ndims, flags, strict=True)
    places = [behind(x, n, max(ndims)) if flag else x for x, n, flag in each]
    x = step.inputs[0]
    params = step.params
    if step.batched[0] or "shape" in params:
        x = step.spread(0)
        places.insert(0, np.arange(step.size).reshape(-1, *(1,) * max(ndims)))
    if "shape" in params:
        params = {**params, "shape": (step.size, *params["shape"])}
    places = [to_numpy(x) if has_numbers(x) else x for x in places]
    params = {**params, "index": (*places, *index[len(lead) :])}
    return applied(op.lifted, (x,), params)


def _is_place_or_integers(x: Any) -> bool:
    return type(x) in (Place, int) or (isinstance(x, np.ndarray) and x.dtype.kind in "iu")


def _windows(step: Step) -> Any:
    axis = step.params["axis"]
    axes = tuple(range(step.ndims[0])) if axis is None else axis
    return step.apply(step.inputs[0], axis=_shifted(axes, step.ndims[0]))


def _sum_windows(step: Step) -> Any:
    axis, shape = step.params["axis"], step.params["shape"]
    axes = tuple(range(len(shape))) if axis is None else axis
    return step.apply(step.inputs[0], axis=_shifted(axes, len(shape)), shape=(step.size, *shape))


def _matmul(step: Step) -> Any:
    """A product with vectors is one of matrices, so that the batch is one of the axes in front."""
    (a, b), (m, n) = step.inputs, step.ndims
    of_a, of_b = step.batched
    if of_b and not of_a and n == 1 and m == 2:  # one product of matrices, not many with vectors
        return matmul(b, swapaxes(a, 0, 1))
    if of_a and not of_b and n <= 2:
        return matmul(a, b)
    if m == 1 and of_a:
        a = expand_dims(a, 1)
    if n == 1 and of_b:
        b = expand_dims(b, -1)
    lead = max(m, n, 2)
    a = behind(a, max(m, 2), lead) if of_a else a
    b = behind(b, max(n, 2), lead) if of_b else b
    y = matmul(a, b)
    if n == 1 and of_b:
        y = squeeze(y, -1)
    return y


def _solve(step: Step) -> Any:
    m, n = step.ndims
    if n == 1 and m == 2 and not step.batched[0]:  # one matrix: the vectors are its columns
        return swapaxes(solve(step.inputs[0], swapaxes(step.inputs[1], 0, 1)), 0, 1)
    if n > 1 and n != m:
        return None
    a, b = step.spread(0), step.spread(1)
    if n > 1:
        return solve(a, b)
    return squeeze(solve(a, behind(expand_dims(b, -1), 2, m)), -1)


def _einsum(step: Step) -> Any:
    given, result = step.params["subscripts"].split("->")
    free = next(c for c in ascii_letters if c not in given)
    flags = zip(given.split(","), step.batched, strict=True)
    terms = ",".join([free * batched + term for term, batched in flags])
    return step.apply(*step.inputs, subscripts=f"{terms}->{free}{result}")


_ALONG_AXIS = [
    "sum", "mean", "max", "min", "argmax", "argmin", "any", "all", "var", "std", "prod", "cumsum",
    "cumprod", "logsumexp", "softmax", "log_softmax", "argsort",
]  # fmt: skip
_OF_MATRICES = [
    "inv", "det", "cofactors", "cholesky", "packed_qr", "packed_eigh", "packed_svd", "pinv",
]  # fmt: skip
for _rule, _names in [
    (along_axis, _ALONG_AXIS),
    (leading, ["cast", "as_integers", *_OF_MATRICES]),
    (_solve, ["solve"]),
    (_packed_slogdet, ["packed_slogdet"]),
    (_norm, ["norm"]),
    (_reshape, ["reshape"]),
    (_broadcast_to, ["broadcast_to"]),
    (_sum_to, ["sum_to"]),
    (_transpose, ["transpose"]),
    (_concatenate, ["concatenate"]),
    (_pad, ["pad"]),
    (_getitem, ["getitem"]),
    (_scatter, ["scatter", "scatter_add"]),
    (_windows, ["sliding_window_view"]),
    (_sum_windows, ["sum_windows"]),
    (_matmul, ["matmul"]),
    (_einsum, ["einsum"]),
]:
    carried(_rule, *[registry[name] for name in _names])
carried_at_places(at_places, *[registry[name] for name in ["getitem", "scatter", "scatter_add"]])
