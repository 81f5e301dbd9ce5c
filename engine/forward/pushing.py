"""One op forward: from the tangents of its inputs to the tangent of its result.

A row's rules say how a gradient goes back, J^T g.  Most need no second rule for J t:

- an elementwise op has a diagonal Jacobian, which is its own transpose: the rule itself, handed
  the tangent in the place of g;
- what is linear is applied to tangents: jointly (a sum), or to one of them at a time (a product);
- of a single number the Jacobian is one row, which the rule gives for g = 1;
- for any other op the row has a rule, `jvp`; or its vjps are transposed: they are linear in g, and
  so the gradient of <vjp(g), t> with respect to g is J t.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import broadcast_to, cast, reshape, sum as sum_of, widened
from ..core import Op
from ..floats import HALF
from ..graph import gradients_on_the_way
from ..node import NODES, Node, check_parts, to_numpy
from ..recording import enable_grad
from ..tensors import Tensor


def pushed(op: Op, tangents: Sequence[Any], y: Any, inputs: Sequence[Any], params: Any) -> Any:
    """The tangent of y = op(*inputs, **params), of its shape and dtype.

    Args:
        tangents: one for each input, of its shape; None where none comes, but not for all.
        y, inputs: plain arrays and numbers, and so is the result; or nodes, to record it.

    Raises:
        ValueError: the row's jvp gave a tangent of another shape than y.

    >>> import engine
    >>> pushed(engine.tanh, [1.0], 0.0, [0.0], {})
    1.0
    >>> x, t = np.array([1.0, 2.0]), np.array([1.0, 10.0])
    >>> pushed(engine.prod, [t], np.array(2.0), [x], {"axis": None, "keepdims": False})
    array(12.)
    """
    plain = not isinstance(y, Node)
    if not plain:  # a rule knows by g whether it is to be differentiated again
        tangents = [t if t is None or isinstance(t, NODES) else _constant(t, y) for t in tangents]
    half = not op.linear and getattr(getattr(y, "dtype", None), "type", None) is HALF
    if half:  # rules compute in float32, from a result that is not rounded
        tangents = [t if t is None else widened(t) for t in tangents]
        inputs = [widened(x) for x in inputs]
        with np.errstate(all="ignore"):
            y = op.apply(tuple(inputs), dict(params))
    if op.jvp is not None:
        t = op.jvp(tuple(tangents), y, *inputs, **params)
    elif op.linear is not None:
        apply = op.forward if plain else _applied(op)
        t = (_jointly if op.linear == "jointly" else _one_by_one)(
            op, apply, tangents, inputs, params
        )
    elif op.kind == "elementwise":
        t = _by_rules(op, tangents, y, inputs, params)
    elif np.size(y) == 1:
        t = _by_its_row(op, tangents, y, inputs, params)
    else:
        t = _transposed(op, tangents, y, inputs, params)
    t = _fitted(t, y, op)
    return cast(t, HALF) if half else t


def _applied(op: Op) -> Any:
    return lambda *inputs, **params: op.apply(inputs, params)


def _by_rules(op: Op, tangents: Any, y: Any, inputs: Any, params: Any) -> Any:
    """Each rule with the tangent in the place of g, summed."""
    shape, total = getattr(y, "shape", ()), None
    for i, t in enumerate(tangents):
        rule = None if t is None else op.rule(i)
        if rule is not None:
            if getattr(t, "shape", ()) != shape:
                t = broadcast_to(t, shape)
            part = rule(t, y, *inputs, **params)
            total = part if total is None else total + part
    return total


def _jointly(op: Op, apply: Any, tangents: Any, inputs: Any, params: Any) -> Any:
    """The op of the tangents; what no gradient flows to, an index or a mask, stays as it is."""
    given = [
        x if x is None or op.rule(i) is None else _zeros(x) if t is None else t
        for i, (x, t) in enumerate(zip(inputs, tangents, strict=True))
    ]
    return apply(*given, **params)


def _one_by_one(op: Op, apply: Any, tangents: Any, inputs: Any, params: Any) -> Any:
    """The op with one input after the other replaced by its tangent, summed."""
    total = None
    for i, t in enumerate(tangents):
        if t is not None and op.rule(i) is not None:
            part = apply(*inputs[:i], t, *inputs[i + 1 :], **params)
            total = part if total is None else total + part
    return total


def _by_its_row(op: Op, tangents: Any, y: Any, inputs: Any, params: Any) -> Any:
    """Of a single number: its gradient times the tangent of each input."""
    g = _constant(y.full(1.0), y) if isinstance(y, Node) else np.ones_like(y)
    total = _contracted(op, tangents, g, y, inputs, params)
    return None if total is None else reshape(total, np.shape(y))


def _transposed(op: Op, tangents: Any, y: Any, inputs: Any, params: Any) -> Any:
    """The gradient, with respect to g, of what the vjps give for g times the tangents."""
    plain = not isinstance(y, Node)
    if plain:  # rules may be written for Tensors, as a Function's backward is
        y, *inputs = [Tensor.wrap(x) if isinstance(x, np.ndarray) else x for x in (y, *inputs)]
    names = [x for x in (y, *tangents) if not getattr(x, "has_numbers", True)]
    like = max(names, key=lambda x: x._trace.depth, default=y)  # of the innermost program
    g = like.leaf(_uneven(y) if plain else y.full(1.0))
    try:
        with enable_grad():
            products = _products(op, tangents, g, y, inputs, params)
            total = _sum_of_all(products)
    except Exception as error:
        error.add_note(f"in forward mode of {op.name!r}, {_TRANSPOSED}")
        raise
    found = None
    if isinstance(total, Node) and (plain or not total.has_numbers):
        (found,) = total.gradients([g])
    elif isinstance(total, Node):
        (found,) = gradients_on_the_way(total, [g], _constant(total.full(1.0), total))
    if plain and total is not None:
        each = np.zeros(1) if found is None else found * to_numpy(g)
        sizes = [np.abs(to_numpy(x)).sum() for x in (*products, each)]
        _check_linear(op, to_numpy(total) - each.sum(), sum(sizes), _rounding(tangents, y))
    return found


def _uneven(y: Any) -> np.ndarray:
    """Numbers of y's shape and dtype, from 0.5 to 1.5: where all are equal a rule may cancel."""
    numbers = 1.0 + 0.5 * np.cos(np.arange(y.size))
    return numbers.reshape(y.shape).astype(y.dtype)


_TRANSPOSED = (
    "whose vjps are transposed for that: write them with engine's ops on g, as for second "
    "derivatives, or give the row a rule for tangents, jvp=..."
)


class NotTransposed(RuntimeError):
    """A row has no forward mode: its vjps lose what they are handed, and it has no jvp."""


def _check_linear(op: Op, off: Any, size: Any, rounding: Any) -> None:
    """Refuse a rule that loses g: as it is linear, <vjp(g), t> is its gradient by g, times g.

    Args:
        off: by how much it is not.
        size: of what was summed: where that cancels, no more is known.
        rounding: what may come of differences inside the rule.
    """
    if np.isfinite(size) and abs(off) > 1e-3 * size + rounding:
        raise NotTransposed(f"forward mode of {op.name!r} would be wrong, {_TRANSPOSED}")


def _rounding(tangents: Any, y: Any) -> Any:
    """Some units in the last place of the tangents, times the size of the result."""
    size = sum(np.abs(t).sum() for t in tangents if t is not None)
    return 30 * np.finfo(y.dtype).eps * size * (1 + np.abs(to_numpy(y)).max(initial=0))


def _contracted(op: Op, tangents: Any, g: Any, y: Any, inputs: Any, params: Any) -> Any:
    """The sum of <vjp(g), t> over the inputs; None where no gradient flows."""
    return _sum_of_all(_products(op, tangents, g, y, inputs, params))


def _sum_of_all(products: list[Any]) -> Any:
    total = None
    for product in products:
        part = sum_of(product)
        total = part if total is None else total + part
    return total


def _products(op: Op, tangents: Any, g: Any, y: Any, inputs: Any, params: Any) -> list[Any]:
    """vjp(g) times t, for each input to which a gradient flows."""
    shared: Any = None
    if op.vjp_all is not None:
        shared = op.vjp_all(g, y, *inputs, **params)
        check_parts(shared, op, inputs)
    found = []
    for i, t in enumerate(tangents):
        rule = None if t is None else op.rule(i)
        if rule is None:
            continue
        part = rule(g, y, *inputs, **params) if shared is None else shared[i]
        if part is not None:
            found.append(part * t)
    return found


def _constant(numbers: Any, like: Any) -> Any:
    return like.leaf(numbers, requires_grad=False)


def _zeros(x: Any) -> Any:
    return x.full(0.0) if isinstance(x, Node) else np.zeros_like(np.asarray(x))


def _fitted(t: Any, y: Any, op: Op) -> Any:
    """A tangent with y's shape and dtype; zeros in the place of None."""
    if type(t) is np.ndarray and type(y) is np.ndarray:
        if t.shape == y.shape and t.dtype is y.dtype:
            return t
    elif type(t) is float and type(y) is float:
        return t
    if t is None:
        return _zeros(y)
    shape = np.shape(y)
    if not isinstance(t, NODES):
        t = np.asarray(t)
    if t.shape != shape:
        try:
            t = broadcast_to(t, shape)
        except ValueError:
            raise ValueError(
                f"jvp of {op.name!r} returned a tangent of shape {np.shape(t)} for a result of "
                f"shape {shape}"
            ) from None
    dtype = getattr(y, "dtype", None)
    return t if dtype is None or t.dtype == dtype else cast(t, dtype)
