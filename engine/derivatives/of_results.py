"""`grad_of`: the gradients of a result that has been computed already, without touching `.grad`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..node import Node, NodeArray, to_numpy
from ..recording import enable_grad
from ..selected import gradients_for, in_list, nodes_of
from ..tensors import Tensor
from .arguments import in_array, in_graph
from .directions import direction
from .transforms import contract


def grad_of(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradient of outputs (of their sum, if several) for each input; no `.grad` changes.

    PyTorch's `autograd.grad`: always a tuple.  Each gradient has its input's shape: a float for a
    Value, an `Array` for a Tensor or an array of Values; with `create_graph` nodes, to be
    differentiated again.

    Args:
        outputs: a result, or a list of them: Values, Tensors or arrays of Values.
        inputs: what to differentiate by, one or several: leaves, or results on the way.
        grad_outputs: what to multiply with, for each output; may be left out for a single number.
        retain_graph: taken for the sake of PyTorch's programs; the graph stays in any case.
        only_inputs: True, as PyTorch's has to be.
        create_graph: record the gradients too.
        allow_unused: give None for an input that no output depends on, instead of an error.

    Raises:
        RuntimeError: an input is unused or requires no gradient, an output requires none, or is
            more than one number without a gradient in `grad_outputs`.
        ValueError: grad_outputs does not match outputs; only_inputs=False.
        TypeError: an output or an input is no node.

    >>> from engine import Value
    >>> x = Value(2.0)
    >>> (slope,) = grad_of(x**3, x, create_graph=True)
    >>> slope.data, grad_of(slope, x)
    (12.0, (12.0,))
    """
    if not only_inputs:
        raise ValueError("only_inputs=False adds to the .grad of other leaves: call backward()")
    ys, xs = in_list(outputs), in_list(inputs)
    gs = [None] * len(ys) if grad_outputs is None else _outputs(grad_outputs, len(ys))
    wanted = [nodes_of(x, f"input {i}") for i, x in enumerate(xs)]
    root, seed = _root([_checked(y, i) for i, y in enumerate(ys)], gs)
    found = iter(gradients_for(root, [x for nodes in wanted for x in nodes], seed, create_graph))
    gradients = []
    for i, (x, nodes) in enumerate(zip(xs, wanted, strict=True)):
        g = _gathered(x, [next(found) for _ in nodes])
        if g is None and not allow_unused:
            name = f" ({x.label!r})" if getattr(x, "label", "") else ""
            raise RuntimeError(
                f"input {i}{name} is not used in what is differentiated: with allow_unused=True "
                "its gradient is None"
            )
        gradients.append(g)
    return tuple(gradients)


def _outputs(gs: Any, count: int) -> list[Any]:
    """`grad_outputs` as a list, one for each output."""
    gs = list(gs) if isinstance(gs, list | tuple) else [gs]
    if len(gs) != count:
        raise ValueError(
            f"got {len(gs)} grad_outputs for {count} outputs: a list holds one array for each"
        )
    return gs


def _checked(y: Any, i: int) -> Any:
    if not in_graph(y):
        raise TypeError(
            f"output {i} must be a Value, a Tensor or an array of Values, got {type(y).__name__}"
        )
    return y


def _root(ys: list[Any], gs: list[Any]) -> tuple[Any, Any]:
    """One node whose gradient, times a seed, is that of ys times gs; and the seed."""
    if not ys:
        raise ValueError("outputs is empty: there is nothing to differentiate")
    y, g = ys[0], gs[0]
    constant = not in_graph(g) or (isinstance(g, Tensor) and not g.requires_grad)
    if len(ys) == 1 and isinstance(y, Node) and constant:
        return y, y.upstream(g)
    total: Any = 0.0
    with enable_grad():
        for i, (y, g) in enumerate(zip(ys, gs, strict=True)):
            if g is None and y.size != 1:
                raise RuntimeError(
                    f"output {i} has shape {y.shape}: give a gradient of that shape in grad_outputs"
                )
            g = y.full(1.0) if g is None else direction(g, y, f"grad_outputs {i}")
            total = total + contract(y, g)
    return total, total.upstream()


def _gathered(x: Any, gradients: list[Any]) -> Any:
    """The gradient of x from those of its nodes; None if x is not used at all."""
    if not isinstance(x, NodeArray):
        (g,) = gradients
        return g.view(Array) if isinstance(g, np.ndarray) else g
    if all(g is None for g in gradients):
        return None
    g = in_array(gradients, x.shape)
    return g if any(isinstance(one, Node) for one in gradients) else to_numpy(g).view(Array)
