"""Derivatives of functions: `grad`, `value_and_grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`.

Plain numbers and arrays go in and come out: a function of numbers runs on `Value`s, a function
with an array among its arguments on `Tensor`s.  Nodes go in, nodes come out, recorded, so every
one of these can be applied to its own result: `grad(grad(f))`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import ravel, reshape, stack, sum as sum_of
from ..node import Node
from ..recording import RECORDING, enable_grad
from ..tensors import Tensor
from ..values import Value, ValueArray
from .arguments import Argnums, Argument, in_graph
from .call import Call, check_function, recorded_gradients, run


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns (f(*args), gradient); the gradient as `grad` gives it.

    Raises:
        ValueError: f's result is not a single number, or argnums does not fit the call.
        TypeError: an argument to differentiate is not a floating-point number or array.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    check_function(f)

    def derivative(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = run(f, args, kwargs, argnums)
        found = call.gradients(call.scalar())
        call.check_reached()
        return call.value(), found[0] if isinstance(argnums, int) else tuple(found)

    return derivative


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f with respect to its arguments at `argnums`.

    An int gives one gradient, a tuple of ints a tuple; each has its argument's shape.  Nestable.

    Raises:
        ValueError: f's result is not a single number, or argnums does not fit the call.
        TypeError: an argument to differentiate is not a floating-point number or array.

    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda w, x: (w * x).sum(), argnums=1)(np.array([2.0, 3.0]), np.array([1.0, 1.0]))
    array([2., 3.])
    """
    both = value_and_grad(f, argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return derivative


def contract(y: Any, direction: Any) -> Any:
    """The sum of y times direction, element by element: a single number."""
    product = y * direction
    return sum_of(product) if np.ndim(product) else product


def direction(v: Any, like: Any, name: str) -> Any:
    """A cotangent or tangent, checked against what it belongs to."""
    if not in_graph(v):
        v = np.asarray(v, dtype=np.float64)
    if np.shape(v) != np.shape(like):
        raise ValueError(f"{name} must have shape {np.shape(like)}, got {np.shape(v)}")
    return float(v) if v.ndim == 0 and not in_graph(v) else v


def _tuple(x: Any) -> tuple[Any, ...]:
    """Several arguments come as a tuple; a list is an array, as in `grad`."""
    return x if isinstance(x, tuple) else (x,)


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """f(*primals), and a function from a cotangent of its shape to the tuple of gradients.

    Raises:
        ValueError: the cotangent has another shape than the result.

    >>> y, pullback = vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    call = run(f, primals, {}, tuple(range(len(primals))))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        call.records = RECORDING.enabled
        y, v = call.y, direction(cotangent, call.y, "cotangent")
        if isinstance(y, Node) and not in_graph(v):
            found = tuple(call.gradients(y, y.full(1.0) * v))
        else:
            with enable_grad():
                root = contract(y, v)
            found = tuple(call.gradients(root))
        call.check_reached()
        return found

    return call.value(), pullback


def _push(call: Call, tangents: tuple[Any, ...]) -> Any:
    """The derivative of y along the tangents, recorded: two backward passes make one forward.

    The gradient of y·u is linear in u, and its own gradient with respect to u, along the
    tangents, is the derivative looked for.
    """
    y = call.y
    along_u = Argument(position=0, given=y, node=y.leaf(y.full(0.0)))
    with enable_grad():
        first = recorded_gradients(contract(y, along_u.node), call.nodes)
        call.parts(first)
        directions = [
            v for t, a in zip(tangents, call.arguments, strict=True) for v in _elements(t, a)
        ]
        parts = [contract(g, v) for g, v in zip(first, directions, strict=True) if g is not None]
        total = parts[0] if parts else 0.0
        for part in parts[1:]:
            total = total + part
    pushed = along_u.assemble(recorded_gradients(total, along_u.nodes))
    return pushed if in_graph(pushed) else along_u.constant(pushed)


def _elements(tangent: Any, argument: Argument) -> list[Any]:
    return list(tangent.flat) if isinstance(argument.node, ValueArray) else [tangent]


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """f(*primals), and its derivative along the tangents (one per primal; a tuple of each).

    Raises:
        ValueError: the tangents do not match the primals in number or shape.

    >>> jvp(lambda x: x * x, 3.0, 1.0)
    (9.0, 6.0)
    """
    primals, tangents = _tuple(primals), _tuple(tangents)
    if len(primals) != len(tangents):
        raise ValueError(f"got {len(primals)} primals but {len(tangents)} tangents")
    call = run(f, primals, {}, tuple(range(len(primals))))
    checked = tuple(
        direction(t, a.node, f"tangent {i}")
        for i, (t, a) in enumerate(zip(tangents, call.arguments, strict=True))
    )
    y = call.y
    pushed = _push(call, checked) if in_graph(y) else np.zeros(np.shape(y))[()]
    call.check_reached()
    as_y = Argument(0, None if call.plain and not any(map(in_graph, tangents)) else y, y)
    return call.value(), call.given_back(pushed, as_y)


def jacobian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns all derivatives of f's result: shape of result + shape of argument.

    Raises:
        ValueError: argnums does not fit the call.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_function(f)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = run(f, args, kwargs, argnums)
        shape = np.shape(call.y)
        with enable_grad():
            rows = [call.gradients(one) for one in _each_element(call.y)]
        if rows:
            call.check_reached()
        results = [
            _stacked([row[k] for row in rows], shape, argument)
            for k, argument in enumerate(call.arguments)
        ]
        return results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def _each_element(y: Any) -> list[Any]:
    if isinstance(y, Tensor):
        flat = ravel(y)
        return [flat[i] for i in range(y.size)]
    return list(np.asarray(y).flat) if isinstance(y, np.ndarray) else [y]


def _stacked(rows: list[Any], shape: tuple[int, ...], argument: Argument) -> Any:
    """The rows of a Jacobian as one array of shape `shape` + the argument's."""
    if shape == ():
        return rows[0]
    full = (*shape, *np.shape(argument.node))
    if any(isinstance(row, Tensor) for row in rows):
        return reshape(stack(rows), full)
    if any(isinstance(row, Value | ValueArray) for row in rows):
        boxed = np.empty(full, dtype=object)
        boxed.reshape(len(rows), -1)[:] = [
            list(row.flat) if isinstance(row, ValueArray) else [row] for row in rows
        ]
        return boxed.view(ValueArray)
    return np.array(rows).reshape(full) if rows else np.zeros(full)


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns the second derivatives of f; for several argnums a tuple of tuples.

    Raises:
        ValueError: f's result is not a single number, or argnums does not fit the call.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    if isinstance(argnums, int):
        return jacobian(grad(f, argnums), argnums)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        return tuple(jacobian(grad(f, i), tuple(argnums))(*args, **kwargs) for i in argnums)

    return derivative


def hvp(f: Callable[..., Any], primals: Any, vectors: Any) -> Any:
    """The Hessian of f times a vector, without building the Hessian.

    Args:
        f: a function with a single number as result.
        primals: where; one argument, or a tuple of all.
        vectors: one for each primal, of its shape.

    Raises:
        ValueError: vectors do not match primals, or f's result is not a single number.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    several = isinstance(primals, tuple)
    at, along = _tuple(primals), _tuple(vectors)
    if len(at) != len(along):
        raise ValueError(f"got {len(at)} primals but {len(along)} vectors")

    def slope(*args: Any) -> Any:
        gradients = grad(f, tuple(range(len(args))))(*args)
        checked = [
            direction(v, g, f"vector {i}")
            for i, (v, g) in enumerate(zip(along, gradients, strict=True))
        ]
        total: Any = 0.0
        for g, v in zip(gradients, checked, strict=True):
            total = total + contract(g, v)
        return total

    products = grad(slope, tuple(range(len(at))))(*at)
    return products if several else products[0]
