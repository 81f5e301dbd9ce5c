"""How a row gets into the table: `elementwise`, `shape_op`, and `fused`.

A fused op is one node for what could be composed of several, where speed or a picture gains.  It
stands in the registry like any other; what it is short for is its `elements`, run on arrays of
Values, and tests hold the two together.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

from .core import Interval, Op, part_of, register
from .short_calls import BinaryOp, TernaryOp, UnaryOp, WideOp
from .signatures import Rule, arity, check_forward, check_row, defaults_of


def elementwise(
    name: str,
    forward: Rule,
    *vjps: Rule | None,
    symbol: str | None = None,
    scalar: Rule | None = None,
    domain: Interval | tuple[Interval, ...] | None = None,
    kinks: Rule | None = None,
    ulp: float = 4,
    doc: str = "",
    aliases: Mapping[str, str] | None = None,
    infix: bool = False,
    commutative: bool = False,
    of_nodes: Rule | None = None,
    replace: bool = False,
) -> Op:
    """Add an elementwise op to the table, and return it: it is the public function.

    Args:
        name: its name in pictures, errors and `registry`.
        forward: `forward(*inputs, **params)` on NumPy arrays, broadcasting as NumPy does.
            Arguments after the inputs are static parameters.
        vjps: one rule per input, `vjp(g, y, *inputs, **params)`, written with engine ops (so
            that it can be differentiated again); None where no gradient flows.
        symbol: shown in pictures; default the name.
        scalar: the same on Python floats, if `forward` is slow there (`math.tanh`).
        domain: an `Interval` for all inputs, or one per input; default all numbers.
        kinks: `kinks(*inputs, **params)`, the distance to the nearest jump of the derivative.
        ulp: how far apart the tiers may be, in units in the last place.
        doc: one line for the table.
        aliases: other names of parameters, `{"a_min": "min"}`.
        infix: whether formulas write the symbol between the two inputs, as in `a + b`.
        commutative: whether the two inputs may be exchanged.
        of_nodes: `of_nodes(*inputs, **params)`, composed of other ops, where a parameter is a node
            to which a gradient flows; by default that is refused.
        replace: redefine a name that exists; a row from the same lines is redefined anyway.

    Raises:
        ValueError: the name exists and `replace` is false, or is not an identifier.
        TypeError: a rule is missing or not callable.

    >>> cube = elementwise("cube", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
    >>> from engine import grad, unregister
    >>> grad(grad(cube))(2.0)
    12.0
    >>> unregister("cube")
    """
    check_row(name, forward, vjps, elementwise=True)
    if isinstance(domain, Interval):
        domain = (domain,) * len(vjps)
    if domain is not None and len(domain) != len(vjps):
        raise ValueError(f"{name!r} has {len(vjps)} inputs but {len(domain)} domains")
    kind = Op
    if not defaults_of(forward, len(vjps)):
        kind = {1: UnaryOp, 2: BinaryOp, 3: TernaryOp}.get(len(vjps), Op)
    op = kind(
        name, forward, vjps, symbol=symbol, scalar=scalar, domain=domain, kinks=kinks, ulp=ulp,
        doc=doc, aliases=aliases, infix=infix, commutative=commutative, of_nodes=of_nodes,
    )  # fmt: skip
    return register(op, replace)


def shape_op(
    *vjps: Rule | None,
    name: str | None = None,
    symbol: str | None = None,
    elements: Rule | None = None,
    kinks: Rule | None = None,
    variadic: bool = False,
    aliases: Mapping[str, Any] | None = None,
    ulp: float = 64,
    infix: bool = False,
    linear: str | None = None,
    jvp: Rule | None = None,
    replace: bool = False,
) -> Callable[[Rule], Op]:
    """Decorate `forward(*inputs, **params)` on whole arrays into an op of the registry.

    Args:
        vjps: one rule per input, `vjp(g, y, *inputs, **params)`; it returns a gradient of
            exactly that input's shape.  `params` holds every parameter, defaults filled in.
        name: default the function's name.
        symbol: shown in pictures; default the name.
        elements: the same on an array of scalar nodes, where forward cannot run on one.
        kinks: distance to the nearest jump of the derivative.
        variadic: any number of inputs (`forward(*arrays, **params)`) and one rule, called with
            `index=i` for input i.
        aliases: other names of parameters, `{"dim": "axis"}`; or, in place of the name, a function
            from what is given by the other name to (name, value).
        ulp: how far apart the tiers may be.
        infix: whether formulas write the symbol between the two inputs.
        linear: "jointly" for an op that is linear in all its inputs together (a sum, a reshape, a
            concatenation), "each" for one that is linear in each while the others stand still (a
            product): forward mode then applies the op itself to tangents.
        jvp: forward mode's rule for any other op, `jvp(tangents, y, *inputs, **params)`: one
            tangent per input, None where none comes; it returns a tangent of y's shape, and is
            written with engine ops.  Left out, it is found by transposing the vjps.
        replace: redefine a name that exists; a row from the same lines is redefined anyway.

    Raises:
        ValueError, TypeError: as `elementwise`; both `linear` and `jvp` are given.

    >>> import numpy as np, engine
    >>> @shape_op(lambda g, y, x, k: g * k, name="times")
    ... def times(x, k=2):
    ...     "k times x."
    ...     return x * k
    >>> x = engine.Tensor([1.0, 2.0], requires_grad=True)
    >>> times(x, k=3).sum().backward()
    >>> x.grad
    array([3., 3.])
    >>> engine.unregister("times")
    """

    def decorate(forward: Rule) -> Op:
        op_name = name or forward.__name__
        check_row(op_name, forward, vjps)
        check_forward(op_name, linear, jvp)
        if variadic and (len(vjps) != 1 or vjps[0] is None):
            raise TypeError(f"{op_name!r} is variadic: give one rule, called with index=i")
        op = Op(
            op_name, forward, vjps, symbol=symbol, elements=elements, kinks=kinks, ulp=ulp,
            kind="shape", variadic=variadic, aliases=aliases, infix=infix, linear=linear, jvp=jvp,
        )  # fmt: skip
        return register(op, replace)

    return decorate


def symmetric(*vjps: Rule) -> Rule:
    """Forward mode's rule of a row whose Jacobians are symmetric, as softmax's: its vjps.

    >>> import numpy as np
    >>> vjp = lambda g, y, x: y * (g - (g * y).sum())
    >>> y = np.array([0.25, 0.75])
    >>> symmetric(vjp)((np.array([1.0, 0.0]),), y, None)
    array([ 0.1875, -0.1875])
    """

    def jvp(tangents: Any, y: Any, *inputs: Any, **params: Any) -> Any:
        given = [(rule, t) for rule, t in zip(vjps, tangents, strict=True) if t is not None]
        parts = [rule(t, y, *inputs, **params) for rule, t in given]
        return functools.reduce(operator.add, parts)

    return jvp


def fused(
    *vjps: Rule | None,
    elements: Rule,
    vjp_all: Rule | None = None,
    name: str | None = None,
    symbol: str | None = None,
    kinks: Rule | None = None,
    wide: bool = False,
    ulp: float = 64,
    linear: str | None = None,
    jvp: Rule | None = None,
    replace: bool = False,
) -> Callable[[Rule], Op]:
    """Decorate `forward(*inputs, **params)` into a fused op of the registry.

    Args:
        vjps: one rule per input, as `engine.shape_op` takes them; or none, and `vjp_all`.
        elements: what the op is short for, composed of other ops (and methods).
        vjp_all: `vjp_all(g, y, *inputs, **params)`, a tuple of all gradients, where the inputs
            share work.  Inputs are then the arguments of forward without a default.
        name: default the function's name.
        symbol: shown in pictures; default the name.
        kinks: distance to the nearest jump of the derivative.
        wide: takes any number of single numbers, `forward(*numbers)`, and is one node with that
            many inputs; needs `vjp_all`.
        ulp: how far the tiers may be apart.
        linear, jvp: for forward mode, as `engine.shape_op` takes them.
        replace: redefine a name that exists; a row from the same lines is redefined anyway.

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
            count = 1 if wide else int(arity(forward)[0])
            rules = tuple(part_of(vjp_all, i) for i in range(count))
        check_row(op_name, forward, rules)
        check_forward(op_name, linear, jvp)
        if wide and vjp_all is None:
            raise TypeError(f"{op_name!r} is wide: it needs vjp_all")
        op = (WideOp if wide else Op)(
            op_name, forward, rules, symbol=symbol, scalar=forward if wide else None,
            elements=elements, kinks=kinks, ulp=ulp, kind="fused", variadic=wide, vjp_all=vjp_all,
            linear=linear, jvp=jvp,
        )  # fmt: skip
        return register(op, replace)

    return decorate
