"""Derivatives of functions: `grad`, `value_and_grad`, `vjp`, `jvp`; `jacobians` has the others.

Plain numbers and arrays go in and come out: a function of numbers runs on `Value`s, a function
with an array among its arguments on `Tensor`s.  Nodes go in, nodes come out, recorded, so every
one of these can be applied to its own result: `grad(grad(f))`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import sum as sum_of
from ..differentiating import reaches
from ..node import Node
from ..recording import RECORDING, enable_grad
from ..values import ValueArray
from .arguments import Argnums, in_graph
from .call import Call, recorded_gradients, run
from .directions import (
    count_tangents,
    direction,
    names_among,
    nodes_of,
    note_for_names,
    run_along,
)
from .returned import check_function


class OwnDerivatives:
    """Base of functions that have their derivatives made for themselves: compiled ones."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def derived(self, make: Callable[..., Any], *how: Any) -> Callable[..., Any]:
        """`make(f, *how)` of the function f that this stands for, as one of its own kind."""
        raise NotImplementedError


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns (f(*args), gradient); the gradient as `grad` gives it.

    Args, errors: as `grad`; with has_aux it returns ((value, what else), gradient).

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    check_function(f)
    if isinstance(f, OwnDerivatives):
        return f.derived(value_and_grad, fixed(argnums), has_aux)

    def derivative(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = run(f, args, kwargs, argnums, has_aux)
        found = call.as_arguments(call.gradients(call.scalar()))
        call.check_reached()
        value = (call.value(), call.given_aux()) if has_aux else call.value()
        return value, found[0] if isinstance(argnums, int) else tuple(found)

    return noted(derivative, value_and_grad, f, fixed(argnums), has_aux)


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of f with respect to its arguments at `argnums`.

    An int gives one gradient, a tuple of ints a tuple; each has its argument's shape.  Nestable.
    An argument may be a container: a dict, a dataclass, a namedtuple, a list or tuple of arrays,
    nested; its gradient is one like it.  (A list or tuple of single numbers, `[[1.0, 2.0],
    [3.0, 4.0]]`, is one array.)  None in a container stays None.

    Args:
        argnums: which arguments.
        has_aux: whether f returns a pair, its result and what else is wanted of the call; the
            function returned then gives (gradient, what else).

    Raises:
        ValueError: f's result is not a single number, or argnums does not fit the call.
        TypeError: what is to be differentiated is not a floating-point number or array; where in
            a container is named.

    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda w, x: (w * x).sum(), argnums=1)(np.array([2.0, 3.0]), np.array([1.0, 1.0]))
    array([2., 3.])
    >>> grad(lambda p: p["w"] ** 2 * p["b"])({"w": 3.0, "b": 1.0})
    {'w': 6.0, 'b': 9.0}
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(grad, fixed(argnums), has_aux)
    both = value_and_grad(f, argnums, has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return noted(derivative, grad, f, fixed(argnums), has_aux)


def noted(derivative: Callable[..., Any], *made_by: Any) -> Callable[..., Any]:
    """A derivative that says of what it is one: `compile` asks."""
    vars(derivative)["made_by"] = made_by
    return derivative


def fixed(argnums: Argnums) -> Argnums:
    """argnums as a key: a list is a tuple."""
    return tuple(argnums) if isinstance(argnums, list) else argnums


def contract(y: Any, direction: Any) -> Any:
    """The sum of y times direction, element by element: a single number."""
    product = y * direction
    return sum_of(product) if np.ndim(product) else product


def several_of(x: Any) -> tuple[Any, ...]:
    """Several arguments come as a tuple; a list or a namedtuple is one, as in `grad`."""
    return x if type(x) is tuple else (x,)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """f(*primals), and a function from a cotangent like it to the tuple of gradients.

    Arguments and result may be containers, as in `grad`.  With has_aux f returns a pair, and what
    stands second in it comes third.

    Raises:
        ValueError: the cotangent has another shape than the result, or is built in another way.

    >>> y, pullback = vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    call = run(f, primals, {}, tuple(range(len(primals))), has_aux)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        call.records = RECORDING.enabled
        found = tuple(call.as_arguments(_pulled(call, cotangent)))
        call.check_reached()
        return found

    return (call.values(), pullback, call.given_aux()) if has_aux else (call.values(), pullback)


def _pulled(call: Call, cotangent: Any) -> list[Any]:
    """The gradients of a result times a cotangent, for each leaf of the arguments."""
    y, result = call.y, call.result
    if result is None:
        v = direction(cotangent, y, "cotangent")
        if isinstance(y, Node) and not in_graph(v):
            return call.gradients(y, y.full(1.0) * v)
        pairs = [(y, v)]
    else:
        given = result.leaves_of(cotangent, "cotangent", "the result")
        pairs = [(one, direction(v, one, name)) for (name, v), one in zip(given, y, strict=True)]
    nodes = set(call.nodes)
    names = names_among([v for _, v in pairs])
    note_for_names(call, names)
    cotangents = [x for _, v in pairs if in_graph(v) for x in nodes_of(v)]
    if names or any(reaches(x, nodes.__contains__) for x in cotangents):
        return _pulled_by_seeds(call, pairs)
    root = 0.0
    with enable_grad():
        for one, v in pairs:
            root = root + contract(one, v)
    return call.gradients(root)


def _pulled_by_seeds(call: Call, pairs: list[tuple[Any, Any]]) -> list[Any]:
    """As `_pulled`, of cotangents that depend on the arguments: they are no part of what is pulled.

    The gradient of y·v would flow through v, too.  Or of names: to their program y is a constant.
    """
    total: list[Any] = [None] * len(call.nodes)
    with enable_grad():
        for one, v in pairs:
            parts = [(one, v)]
            if isinstance(one, ValueArray):
                parts = [(one[place], v[place]) for place in np.ndindex(one.shape)]
            for root, seed in parts:
                found = recorded_gradients(root, call.nodes, seed)
                total = [
                    new if old is None else old if new is None else old + new
                    for old, new in zip(total, found, strict=True)
                ]
    gradients = [argument.assemble(part) for argument, part in call.parts(total)]
    return [call.given_back(g, a) for g, a in zip(gradients, call.arguments, strict=True)]


def jvp(f: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """f(*primals), and its derivative along the tangents (one per primal; a tuple of each).

    Forward mode: tangents are pushed along by the rows, at about the cost of f itself; of arrays
    while f runs, and no graph is kept.  Primals, tangents and the result may be containers, as in
    `grad`.  A tangent has its primal's shape and dtype.  With has_aux f returns a pair, and what
    stands second in it comes third.  Hooks, which change gradients, do not change tangents.

    Raises:
        ValueError: the tangents do not match the primals in number or shape, or are built in
            another way.
        RuntimeError: a number would leave what is differentiated, as in `grad`; f calls
            `backward()` on what depends on a primal.

    >>> jvp(lambda x: x * x, 3.0, 1.0)
    (9.0, 6.0)
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(_along, has_aux)(primals, tangents)
    primals, tangents = several_of(primals), several_of(tangents)
    count_tangents(primals, tangents)
    call, *found = run_along(f, primals, tangents, has_aux)
    call.check_reached()
    pair = tuple(map(call.as_result, found))
    return (*pair, call.given_aux()) if has_aux else pair


def _along(f: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    """`jvp` of f as a function of primals and tangents."""
    return lambda primals, tangents: jvp(f, primals, tangents, has_aux)
