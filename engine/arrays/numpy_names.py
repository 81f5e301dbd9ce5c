"""What NumPy calls otherwise than engine, or means otherwise by the same name.

Each has NumPy's arguments by NumPy's names; all other functions are found by their own name, as
`engine.numpy_protocol` says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import choices, gammas, inverses, ops
from ..node import NodeArray, to_numpy
from ..numpy_protocol import MEANINGS
from . import (
    conventions,
    exponentials,
    indexing,
    norms,
    pieces,
    products,
    reductions,
    running,
    shapes,
)
from .einsum import einsum


def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return np.nonzero(to_numpy(condition)) if x is None else choices.where(condition, x, y)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return choices.clip(a, low, high)


def _rounded(a: Any, decimals: int = 0) -> Any:
    return ops.round(a) if decimals == 0 else ops.round(a * 10.0**decimals) / 10.0**decimals


def _about_memory(question: Callable[..., Any]) -> Callable[..., Any]:
    """Whether two arrays share memory: what holds Values is asked about them, not their numbers."""

    def asked(a: Any, b: Any) -> Any:
        plain = (np.asarray(x) if isinstance(x, NodeArray) else to_numpy(x) for x in (a, b))
        return question(*plain)

    return asked


def _along(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction as the method of a ufunc, which runs along the first axis by default."""
    return lambda x, axis=0, keepdims=False: function(x, axis=axis, keepdims=keepdims)


MEANINGS.update(
    {
        "np.around": _rounded,
        "np.add.accumulate": lambda x, axis=0: running.cumsum(x, axis),
        "np.add.reduce": _along(reductions.sum),
        "np.astype": lambda x, dtype, copy=True: x.astype(dtype, copy=copy),
        "np.amax": reductions.amax,
        "np.amin": reductions.amin,
        "np.concatenate": shapes.concatenate,
        "np.clip": _clip,
        "np.conjugate": ops.identity,
        "np.copy": ops.identity,
        "np.cross": lambda a, b, axis=-1: products.cross(a, b, axis),
        "np.deg2rad": lambda x: x * (math.pi / 180),
        "np.degrees": lambda x: x * (180 / math.pi),
        "np.divmod": lambda a, b: (choices.floor_divide(a, b), choices.remainder(a, b)),
        "np.einsum": einsum,
        "np.fabs": ops.abs,
        "np.float_power": ops.pow,
        "np.linalg.cross": lambda x1, x2, axis=-1: products.cross(x1, x2, axis),
        "np.linalg.diagonal": lambda x, offset=0: indexing.diagonal(x, offset, -2, -1),
        "np.linalg.matmul": lambda x1, x2: products.matmul(x1, x2),
        "np.linalg.outer": lambda x1, x2: products.outer(x1, x2),
        "np.linalg.tensordot": lambda x1, x2, axes=2: products.tensordot(x1, x2, axes),
        "np.linalg.trace": lambda x, offset=0: reductions.trace(x, offset, -2, -1),
        "np.linalg.vecdot": lambda x1, x2, axis=-1: reductions.sum(x1 * x2, axis=axis),
        "np.linalg.vector_norm": lambda x, axis=None, keepdims=False, ord=2: norms.norm(
            x, ord, axis, keepdims
        ),
        "np.logaddexp.reduce": _along(exponentials.logsumexp),
        "np.maximum.accumulate": lambda x, axis=0: conventions.cummax(x, axis=axis),
        "np.maximum.reduce": _along(reductions.amax),
        "np.may_share_memory": _about_memory(np.may_share_memory),
        "np.minimum.accumulate": lambda x, axis=0: conventions.cummin(x, axis=axis),
        "np.minimum.reduce": _along(reductions.amin),
        "np.multiply.accumulate": lambda x, axis=0: running.cumprod(x, axis),
        "np.multiply.reduce": _along(running.prod),
        "np.rad2deg": lambda x: x * (180 / math.pi),
        "np.radians": lambda x: x * (math.pi / 180),
        "np.real": ops.identity,
        "np.round": _rounded,
        "np.shares_memory": _about_memory(np.shares_memory),
        "np.sort": lambda a, axis=-1: indexing.sort(a, axis),
        "np.split": lambda ary, indices_or_sections, axis=0: conventions.split(
            ary, indices_or_sections, axis=axis
        ),
        "np.transpose": shapes.transpose,
        "np.unstack": lambda x, axis=0: tuple(pieces.unbind(x, axis=axis)),
        "np.vdot": lambda a, b: reductions.sum(shapes.ravel(a) * shapes.ravel(b)),
        "np.vecdot": lambda a, b: reductions.sum(a * b, axis=-1),
        "np.where": _where,
    }
)

#: SciPy's ufuncs (scipy.special.expit), whose names come without a module.
MEANINGS.update(
    {
        "erf": inverses.erf,
        "erfinv": inverses.erfinv,
        "expit": choices.sigmoid,
        "gammaln": gammas.lgamma,
        "logit": choices.logit,
        "psi": gammas.digamma,
        "xlogy": choices.xlogy,
    }
)

#: What NumPy composes of other functions, methods and slices, which are engine's again.
_COMPOSED: Any = (
    np.array_split, np.dsplit, np.extract, np.hsplit, np.ptp, np.resize, np.rollaxis, np.vsplit,
)  # fmt: skip
MEANINGS.update({f"np.{f.__name__}": f.__wrapped__ for f in _COMPOSED})
