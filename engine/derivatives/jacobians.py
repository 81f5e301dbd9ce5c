"""All first derivatives of several numbers: `jacobian`, forward or reverse; `jacfwd`, `jacrev`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import cast, ravel, reshape, stack
from ..graph import visit
from ..node import Node
from ..recording import enable_grad
from ..tensors import Tensor
from ..values import Value, ValueArray
from .arguments import Argnums, Argument, in_array
from .call import Call, run
from .directions import nodes_of, pushed_at_once
from .linearized import pushed
from .returned import check_function
from .transforms import OwnDerivatives, fixed


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns all derivatives of f's result: shape of result + shape of argument.

    Of a container for a container, as `grad` takes them, it is one like the result that holds
    ones like the argument: `J["y"]["w"]`.

    f is run once.  Where fewer numbers go in than come out, a tangent is pushed forward for each
    number that goes in, as `jacfwd` does it; else each number that comes out is pulled back, as by
    `jacrev`.  `mode` of the function returned, called with the same arguments, says which it is.

    Args:
        argnums: which arguments; a tuple gives a tuple.
        has_aux: whether f returns a pair, as in `grad`; it gives (derivatives, what else) then.

    Raises:
        ValueError: argnums does not fit the call.

    >>> J = jacobian(lambda x: x * x)
    >>> J(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    >>> J.mode(np.array([1.0, 2.0])), jacobian(lambda t: stack([t, t**2, t**3])).mode(1.0)
    ('reverse: 2 passes (forward: 2)', 'forward: 1 pass (reverse: 3)')
    """
    return _all_derivatives(jacobian, f, argnums, has_aux)


def jacfwd(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `jacobian`, always forward: one tangent is pushed for each number of the arguments.

    >>> jacfwd(lambda t: stack([t, t**2, t**3]))(2.0)
    array([ 1.,  4., 12.])
    """
    return _all_derivatives(jacfwd, f, argnums, has_aux)


def jacrev(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `jacobian`, always in reverse: each number of the result is pulled back.

    >>> jacrev(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    return _all_derivatives(jacrev, f, argnums, has_aux)


def of_gradient(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """As `jacobian` of f, a gradient: forward on Tensors, where all tangents are pushed at once.

    On Values reverse is faster, for backward is what their rules are written out for.
    """
    return _all_derivatives(of_gradient, f, argnums, has_aux)


def _all_derivatives(make: Any, f: Any, argnums: Argnums, has_aux: bool) -> Callable[..., Any]:
    """What `make`, one of those above, returns."""
    check_function(f)
    if isinstance(f, OwnDerivatives):
        return f.derived(make, fixed(argnums), has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = run(f, args, kwargs, argnums, has_aux)
        blocks = []
        for block in _columns(call) if _is_forward(make, call) else map(_rows, call.each()):
            found = call.as_arguments(block)
            blocks.append(found[0] if isinstance(argnums, int) else tuple(found))
        if call.result is not None or np.size(call.y):
            call.check_reached()
        found = call.as_result(blocks)
        return (found, call.given_aux()) if has_aux else found

    def mode(*args: Any, **kwargs: Any) -> str:
        call = run(f, args, kwargs, argnums, has_aux)
        forward = _is_forward(make, call)
        passes, others = _numbers(call) if forward else reversed(_numbers(call))
        these, those = ("forward", "reverse") if forward else ("reverse", "forward")
        return f"{these}: {passes} pass{'es' * (passes != 1)} ({those}: {others})"

    vars(derivative)["mode"] = mode
    return derivative


def _is_forward(make: Any, call: Call) -> bool:
    """Whether tangents are pushed forward, not each number of the result pulled back."""
    if make is of_gradient:
        return all(isinstance(x, Tensor) for x in call.nodes)
    into, out = _numbers(call)
    return make is jacfwd or (make is jacobian and into < out)


def _numbers(call: Call) -> tuple[int, int]:
    """How many numbers go into a call, and how many come out."""
    into = sum(np.size(argument.node) for argument in call.arguments)
    return into, sum(np.size(one.y) for one in call.each())


# --- in reverse: row by row ---


def _rows(call: Call) -> list[Any]:
    """All derivatives of one leaf of a result, for each leaf of the arguments."""
    with enable_grad():
        rows = [call.gradients(one) for one in _each_element(call.y)]
    return [
        _assembled([row[k] for row in rows], call.y, argument)
        for k, argument in enumerate(call.arguments)
    ]


def _each_element(y: Any) -> list[Any]:
    if isinstance(y, Node) and y.shape:
        flat = ravel(y)
        return [flat[i] for i in range(flat.size)]
    return list(np.asarray(y).flat) if isinstance(y, np.ndarray) else [y]


# --- forward: column by column ---


#: How many numbers tangents that are pushed at once may have: 16 MB.
_AT_ONCE = 2**21


def _columns(call: Call) -> list[list[Any]]:
    """All derivatives, for each leaf of the result and each of the arguments."""
    leaves = call.each()
    blocks: list[list[Any]] = [[] for _ in leaves]
    some = max(1, _AT_ONCE // (1 + sum(x.size for x in _graph(call))))
    for k, argument in enumerate(call.arguments):
        columns: list[list[Any]] = [[] for _ in leaves]
        for start in range(0, np.size(argument.node), some):
            for known, more in zip(columns, _pushed_from(call, k, start, some), strict=True):
                known += more
        for leaf, block, parts in zip(leaves, blocks, columns, strict=True):
            block.append(_assembled(parts, leaf.y, argument, True))
    return blocks


def _graph(call: Call) -> list[Any]:
    order: list[Any] = []
    seen: set[Any] = set()
    for one in call.each():
        for root in nodes_of(one.y):
            visit(root, seen, order)
    return order


def _pushed_from(call: Call, k: int, start: int, some: int) -> list[Any]:
    """For each leaf of the result `some` columns, by the numbers of the k-th argument from start.

    Each tangent is 1 at one number, and 0 at all others.
    """
    shape, size = np.shape(call.arguments[k].node), np.size(call.arguments[k].node)
    count = min(some, size - start)
    units = np.eye(count, size, start).reshape(count, *shape)
    none: list[Any] = [None] * len(call.arguments)
    together = pushed_at_once(call, [*none[:k], units, *none[k + 1 :]], count)
    if together is not None:
        return [list(part) for part in together]
    each = [pushed(call, [*none[:k], unit if shape else 1.0, *none[k + 1 :]]) for unit in units]
    return [list(column) for column in zip(*each, strict=True)]


# --- either way ---


def _assembled(parts: list[Any], y: Any, argument: Argument, columns: bool = False) -> Any:
    """Rows of a Jacobian, or its columns, as one array: the result's shape + the argument's."""
    by = argument.node
    if np.shape(by if columns else y) == ():
        return parts[0]
    full = (*np.shape(y), *np.shape(by))
    if any(isinstance(part, Node) and not isinstance(part, Value) for part in parts):
        found = reshape(stack(parts, axis=-1 if columns else 0), full)
        return found if found.dtype == by.dtype else cast(found, by.dtype)
    if any(isinstance(part, Value | ValueArray) for part in parts):
        flat = [x for part in parts for x in (part.flat if np.ndim(part) else [part])]
        boxed = in_array(flat, (len(parts), np.size(y if columns else by)))
        return (boxed.T if columns else boxed).reshape(full)
    if not parts:
        return np.zeros(full)
    if not columns:
        return np.array(parts).reshape(full)
    found = np.stack(parts, axis=-1).reshape(full)
    return found.astype(by.dtype, copy=False) if isinstance(by, Tensor) else found
