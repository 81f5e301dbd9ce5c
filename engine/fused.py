"""Fused ops: one node for what could be spelled with several, where speed or a picture gains.

A fused op stands in the registry like any other; what it is short for is its `elements`, run on
arrays of Values, and tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .core import Node, Op, Rule, _arity, _check_row, _register, part_of

__all__ = ["WideOp", "fused"]


class WideOp(Op):
    """A fused op of any number of numbers: on Values one node with many inputs."""

    def __call__(self, *inputs: Any) -> Any:
        for x in inputs:
            if isinstance(x, Node):
                return x.record_wide(self, inputs)
        return self.on_floats(*inputs)


def fused(
    *vjps: Rule | None,
    elements: Rule,
    vjp_all: Rule | None = None,
    name: str | None = None,
    symbol: str | None = None,
    kinks: Rule | None = None,
    wide: bool = False,
    ulp: float = 64,
    replace: bool = False,
) -> Callable[[Rule], Op]:
    """Decorate `forward(*inputs, **params)` into a fused op of the registry.

    Args:
        vjps: one rule per input, as `engine.shape_op` takes them; or none, and `vjp_all`.
        elements: what the op is short for, spelled with other ops (and methods).
        vjp_all: `vjp_all(g, y, *inputs, **params)`, a tuple of all gradients, where the inputs
            share work.  Inputs are then the arguments of forward without a default.
        name: default the function's name.
        symbol: shown in pictures; default the name.
        kinks: distance to the nearest jump of the derivative.
        wide: takes any number of single numbers, `forward(*numbers)`, and is one node with that
            many inputs; needs `vjp_all`.
        ulp: how far the tiers may be apart.
        replace: redefine a name that exists.

    Raises:
        ValueError, TypeError: as `engine.elementwise`.

    >>> from engine import Tensor, unregister
    >>> @fused(
    ...     elements=lambda a, b: a * b + b,
    ...     vjp_all=lambda g, y, a, b: (g * b, g * (a + 1)),
    ... )
    ... def times_next(a, b):
    ...     "b times the number after a."
    ...     return (a + 1) * b
    >>> a = Tensor([2.0], requires_grad=True)
    >>> times_next(a, 5.0).backward()
    >>> a.grad
    array([5.])
    >>> unregister("times_next")
    """

    def decorate(forward: Rule) -> Op:
        op_name = name or forward.__name__
        rules = vjps
        if vjp_all is not None:
            if vjps:
                raise TypeError(f"{op_name!r}: give one vjp per input or vjp_all, not both")
            count = 1 if wide else int(_arity(forward)[0])
            rules = tuple(part_of(vjp_all, i) for i in range(count))
        _check_row(op_name, forward, rules)
        if wide and vjp_all is None:
            raise TypeError(f"{op_name!r} is wide: it needs vjp_all")
        op = (WideOp if wide else Op)(
            op_name, forward, rules, symbol=symbol, scalar=forward if wide else None,
            elements=elements, kinks=kinks, ulp=ulp, kind="fused", variadic=wide, vjp_all=vjp_all,
        )  # fmt: skip
        return _register(op, replace)

    return decorate
