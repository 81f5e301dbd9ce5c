"""PyTorch's `autograd.Function`: one node with a forward and a backward of one's own, by a class.

engine's own way is a row of the table (`elementwise`, `shape_op`, `fused`), which has a name, runs
on both tiers and is checked; this is for programs that have such a class already.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from .by_name import has_numbers
from .core import Op, part_of
from .node import Node, NodeArray, to_numpy
from .recording import no_grad
from .tensors import Tensor
from .values import Value


class FunctionContext:
    """The `ctx` of forward and backward: what the one keeps for the other, as attributes or saved.

    Attributes:
        needs_input_grad: for each argument, whether its gradient is wanted.
        saved_tensors: what `save_for_backward` was given.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep Tensors for `saved_tensors`.

        Inputs and the result can be differentiated again there, anything else is a constant.
        """
        self.saved_tensors = tensors


class _Call:
    """One call of a Function: the static parameter of its node."""

    def __init__(self, function: type[Function], args: tuple[Any, ...]) -> None:
        self.function = function
        self.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        self.ctx = FunctionContext(tuple([isinstance(x, Tensor) and x.requires_grad for x in args]))
        self.args = tuple([None if i in self.places else x for i, x in enumerate(args)])
        #: What was saved: the number of an input (that of the result is the last), or None and what
        #: else it is.
        self.saved: list[tuple[int | None, Any]] = []

    def __repr__(self) -> str:
        args = ["…" if i in self.places else repr(x) for i, x in enumerate(self.args)]
        return f"{self.function.__name__}({', '.join(args)})"

    def forward(self, *arrays: Any) -> np.ndarray:
        """The user's forward on Tensors outside of any graph; notes what it saves."""
        inside = [Tensor.wrap(x) for x in arrays]
        args = list(self.args)
        for i, x in zip(self.places, inside, strict=True):
            args[i] = x
        with no_grad():
            y = self.function.forward(self.ctx, *args)
        if not isinstance(y, Tensor | np.ndarray):
            raise TypeError(
                f"forward of {self.function.__name__} must return one Tensor, got "
                f"{type(y).__name__}: a node has one result (engine.stack or concatenate joins "
                "several)"
            )
        known = [*inside, y]
        self.saved = [
            next(((k, None) for k, x in enumerate(known) if x is one), (None, one))
            for one in self.ctx.saved_tensors
        ]
        self.ctx.saved_tensors = ()
        return np.array(to_numpy(y))

    def backward(self, g: Any, y: Any, *inputs: Any) -> list[Any]:
        """The user's backward: on constants, or on nodes where it is to be differentiated."""
        plain = not isinstance(g, Node)
        known = [Tensor.wrap(np.asarray(x)) if plain else x for x in (*inputs, y)]
        self.ctx.saved_tensors = tuple([x if k is None else known[k] for k, x in self.saved])
        with no_grad() if plain else nullcontext():
            found = self.function.backward(self.ctx, Tensor.wrap(np.asarray(g)) if plain else g)
        self.ctx.saved_tensors = ()
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(self.args):
            raise TypeError(
                f"backward of {self.function.__name__} must return a gradient for each of the "
                f"{len(self.args)} arguments of forward (None for what has none), got {len(found)}"
            )
        parts = [found[i] for i in self.places]
        return [x if x is None or not plain else to_numpy(x) for x in parts]


class Function:
    """Base of classes with static methods `forward(ctx, *args)` and `backward(ctx, gradient)`.

    `apply(*args)` calls forward on Tensors outside of any graph, and records one node.  Backward
    returns one gradient for each argument, None for what is no Tensor.  It is differentiated in
    turn if it is written with operations on the gradient and `ctx.saved_tensors`.

    >>> from engine import Tensor
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x).sum().backward()
    >>> x.grad
    array([ 3., 12.])
    """

    _op: Op

    def __init_subclass__(cls) -> None:
        rules = (part_of(_backward, 0),)
        doc = (cls.__doc__ or "").partition("\n")[0]
        cls._op = Op(
            cls.__name__, _forward, rules, kind="shape", variadic=True, vjp_all=_backward, doc=doc
        )

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """What is computed; each subclass has its own."""
        raise NotImplementedError("a Function must define forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        """The gradient for each argument of forward; each subclass has its own."""
        raise NotImplementedError("a Function must define backward(ctx, gradient)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Call forward on Tensors and what else it takes, and record it as one node.

        Raises:
            TypeError: there is no Tensor among the arguments, as under vmap and compile, or forward
                returns several results.
        """
        if any(isinstance(x, Value | NodeArray) for x in args):
            raise TypeError(
                f"{cls.__name__}.apply() takes Tensors, not Values: engine.elementwise makes an op "
                "for both"
            )
        if not all(map(has_numbers, args)):
            raise TypeError(
                f"{cls.__name__}.apply() runs on numbers, and under vmap, compile and source there "
                "are none: make a row of it, engine.shape_op(backward)(forward), or call it for "
                "one example after the other, engine.stack([f(x) for x in batch])"
            )
        call = _Call(cls, args)
        if not call.places:
            raise TypeError(f"{cls.__name__}.apply() needs a Tensor among its arguments")
        return cls._op.apply(tuple([args[i] for i in call.places]), {"call": call})


def _forward(*arrays: Any, call: Any = None) -> Any:
    return call.forward(*arrays)


def _backward(g: Any, y: Any, *inputs: Any, call: Any) -> list[Any]:
    return call.backward(g, y, *inputs)
