"""`checkpoint`: a function is run, and what it made is cut out of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Op
from ..node_hooks import drop_hooks
from ..recording import RECORDING
from ..values import Value
from .made_inside import Inside, ends_of, joined, parted
from .random_stands import Stands
from .second_run import Call, op_of


def checkpoint(f: Callable[..., Any], *args: Any, use_reentrant: bool = False, **named: Any) -> Any:
    """`f(*args, **named)`, of which the graph keeps inputs and result, not what lies between.

    Backward runs f again.  Gradients are the same, bit for bit, of arguments and of all that f
    reads from outside.  n layers cut into pieces of about √n each keep about 2√n results in place
    of n, for a second forward pass.

    Random numbers are the same in both runs: those of `engine.generator`, of `random` and of
    `np.random`.  Running statistics of nn's layers follow once; what else f changes, it changes
    twice, unless it asks `is_recomputing()`.  Hooks and `retain_grad()` inside f are those of the
    second run.  Where nothing is recorded f is simply run; so it is in a compiled function, in
    forward mode, under `nan_trace`, and where it returns several Values.

    Args:
        f: a function or a module; it returns a node, or Tensors in lists, tuples, dicts or
            dataclasses.
        args, named: what f is called with.
        use_reentrant: taken for the sake of PyTorch's programs, and changes nothing.

    Raises:
        TypeError: f cannot be called.
        RuntimeError: f changes what it reads from outside; or, in backward, its second run gives
            another result than its first, or reads something else.

    >>> from engine import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True, label="w")
    >>> y = checkpoint(lambda x: (x * w).tanh().sum(), [3.0, 4.0])
    >>> y.op.name, [x.label for x in y.inputs]
    ('checkpoint', ['w'])
    """
    if not callable(f):
        raise TypeError(f"checkpoint() takes a function, then its arguments, got {f!r:.60}")
    if not RECORDING.enabled or RECORDING.opened:
        return f(*args, **named)
    # their owner may change arrays before backward
    call = Call(f, tuple(map(_own, args)), {key: _own(x) for key, x in named.items()})
    with Stands((f, *args, *named.values())) as stands, Inside(call.given) as inside:
        result = f(*args, **named)
        ends = ends_of(result, inside)
        root = joined(ends)
    inside.check_unchanged(call.name)
    _, read = ([], []) if root is None else inside.below(root)
    if not read:
        return result
    call.note(read, root._held, stands)
    _cut(root, op_of(call.name), call)
    if RECORDING.watcher is not None:
        RECORDING.watcher.recorded(root.op, root, root.inputs)
    return result if len(ends) == 1 else parted(result, ends, root)


def _own(x: Any) -> Any:
    return x.copy() if type(x) is np.ndarray else x


def _cut(root: Any, op: Op, call: Call) -> None:
    """Make of a result a node of the op, of all that lies outside."""
    drop_hooks(root)  # those of the second run are called
    root.op = op
    if isinstance(root, Value):
        root._a, root._b = tuple(call.read), {"call": call}
    else:
        root.inputs, root._params = (*call.arrays, *call.read), {"call": call}
        root._arrays = (*call.arrays, *call.held)
