"""Parts of a leaf outside the graph: what `p[k]`, `p.T` under `no_grad`, and `p.detach()` show.

They show the leaf's numbers without a copy.  In PyTorch the leaf changes when they are changed in
place, and so it does here with `p[k]`; with that of a constant at any time:

    >>> from engine import Tensor, no_grad
    >>> p = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> with no_grad():
    ...     for row in p:
    ...         row -= 1.0
    ...     p[0][1] = 9.0
    >>> p.tolist()
    [[0.0, 9.0], [2.0, 3.0]]

For the others that is an error: an update must not be lost in silence.
"""

from __future__ import annotations

from itertools import chain
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from ..core import Op
from ..differentiating import is_argument
from ..recording import RECORDING
from ..references import held_by
from .backward import ArrayNode

_PICKS = (bool, np.bool_, ndarray)

NOT_ITS_OWN = (
    "these numbers are another Tensor's (x[0], x.T, x.reshape(), p.detach()), which would not "
    "change with them: change that itself, x[0, 1] = v in place of x[0][1] = v, or, a leaf that "
    "requires a gradient, with no_grad(): p[k] -= …; or take .clone() for numbers of their own"
)

#: Of a part, in `_params`: the leaf whose numbers it shows, and how it was reached: p[1][0] by the
#: path (1, 0), and by None what does not come of indices alone.  Of a constant's part, which is
#: made in many a loop and changed in few, what it was taken of, and the index or None: `_origin`
#: goes on from there.
PartOf = tuple[ref[Any], tuple[Any, ...] | None] | tuple[ArrayNode, Any]


def note_part(y: Any, op: Op, x: Any, params: dict[str, Any]) -> None:
    """Note of a result y of x, outside the graph, that it shows the numbers of a leaf, if so."""
    if not isinstance(x, ArrayNode) or x.op is not None:  # no leaf
        return
    leaf, path = (x, ()) if x._params is None else _origin(x)
    if leaf is None:
        leaf, path = x, ()
    if op.name == "getitem" and _is_plain(index := params["index"]):
        # a single number is a copy, but stands for its place
        y._params = ref(leaf), None if path is None else (*path, index)
    elif y._held.base is owner(x._held):
        y._params = ref(leaf), None


def owner(array: ndarray) -> Any:
    """The array that has the memory which this one shows."""
    return array if array.base is None else array.base


def _origin(part: Any) -> tuple[Any, Any]:
    """The leaf whose numbers a part shows, and the path to them; no leaf, if nobody has it."""
    wholes, paths, strong = [part], [], True  # what was taken of what, by which indices
    while strong and wholes[-1].op is None and wholes[-1]._params is not None:
        whole, path, strong = _taken_of(wholes[-1])
        if whole is None:
            break
        wholes.append(whole)
        paths.append(path)
    whole = None  # it is not to count as a holder
    while paths and strong:  # what only the next part of it holds is nobody's
        last = wholes[-1]
        if not held_by(last, 2):
            break
        wholes.pop()
        paths.pop()
    if not paths:
        return None, None
    return wholes[-1], None if None in paths else tuple(chain.from_iterable(reversed(paths)))


def _taken_of(part: Any) -> tuple[Any, Any, bool]:
    """What a part was taken of, or None; the path there; and whether the part keeps it alive."""
    found, path = part._params
    if isinstance(found, ref):
        return found(), path, False
    if path is None:
        return found, None, True
    return found if _is_plain(path) else None, (path,), True


def _is_plain(index: Any) -> bool:
    """Whether an index has no arrays, by which numbers are picked one by one, and copied."""
    if type(index) is tuple:
        return all(map(_is_plain, index))
    return type(index) is int or not isinstance(index, _PICKS)


def source(part: Any) -> tuple[Any, tuple[Any, ...]] | None:
    """The leaf that changes with `part`, and where; None if the part is a leaf of its own by now.

    Raises:
        RuntimeError: the leaf cannot be changed with it, or not while operations are recorded.
    """
    leaf, path = _origin(part)
    if leaf is None or part._requires or is_argument(leaf):
        return None
    if path is None or leaf.op is not None or (RECORDING.enabled and leaf._requires):
        raise RuntimeError(NOT_ITS_OWN)
    return leaf, path


def at(array: ndarray, path: tuple[Any, ...]) -> Any:
    """array[…][…]: one index after the other."""
    for index in path:
        array = array[index]
    return array
