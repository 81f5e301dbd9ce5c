"""Derivatives of several numbers, and second ones: `jacobian`, `hessian`, `hvp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import ravel, reshape, stack
from ..node import Node
from ..recording import enable_grad
from ..values import Value, ValueArray
from .arguments import Argnums, Argument
from .call import Call, run
from .returned import check_function
from .transforms import OwnDerivatives, contract, direction, fixed, grad, several_of
from .trees import is_container, taken_apart


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns all derivatives of f's result: shape of result + shape of argument.

    Of a container for a container, as `grad` takes them, it is one like the result that holds
    ones like the argument: `J["y"]["w"]`.

    Args:
        argnums: which arguments; a tuple gives a tuple.
        has_aux: whether f returns a pair, as in `grad`; it gives (derivatives, what else) then.

    Raises:
        ValueError: argnums does not fit the call.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    check_function(f)
    if isinstance(f, OwnDerivatives):
        return f.derived(jacobian, fixed(argnums), has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = run(f, args, kwargs, argnums, has_aux)
        blocks = []
        for one in call.each():
            found = call.as_arguments(_block(one))
            blocks.append(found[0] if isinstance(argnums, int) else tuple(found))
        if call.result is not None or np.size(call.y):
            call.check_reached()
        found = call.as_result(blocks)
        return (found, call.given_aux()) if has_aux else found

    return derivative


def _block(call: Call) -> list[Any]:
    """All derivatives of one leaf of a result, for each leaf of the arguments."""
    with enable_grad():
        rows = [call.gradients(one) for one in _each_element(call.y)]
    return [
        _stacked([row[k] for row in rows], np.shape(call.y), argument)
        for k, argument in enumerate(call.arguments)
    ]


def _each_element(y: Any) -> list[Any]:
    if isinstance(y, Node) and y.shape:
        flat = ravel(y)
        return [flat[i] for i in range(flat.size)]
    return list(np.asarray(y).flat) if isinstance(y, np.ndarray) else [y]


def _stacked(rows: list[Any], shape: tuple[int, ...], argument: Argument) -> Any:
    """The rows of a Jacobian as one array of shape `shape` + the argument's."""
    if shape == ():
        return rows[0]
    full = (*shape, *np.shape(argument.node))
    if any(isinstance(row, Node) and not isinstance(row, Value) for row in rows):
        return reshape(stack(rows), full)
    if any(isinstance(row, Value | ValueArray) for row in rows):
        boxed = np.empty(full, dtype=object)
        boxed.reshape(len(rows), -1)[:] = [
            list(row.flat) if isinstance(row, ValueArray) else [row] for row in rows
        ]
        return boxed.view(ValueArray)
    return np.array(rows).reshape(full) if rows else np.zeros(full)


def hessian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the second derivatives of f; for several argnums a tuple of tuples.

    For a container, as `grad` takes them, it is a container of containers: `H["w"]["b"]`.

    Args, errors: as `grad`.

    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(hessian, fixed(argnums), has_aux)
    if isinstance(argnums, int):
        return jacobian(grad(f, argnums, has_aux), argnums, has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        rows = [
            jacobian(grad(f, i, has_aux), tuple(argnums), has_aux)(*args, **kwargs) for i in argnums
        ]
        return (tuple(row for row, _ in rows), rows[0][1]) if has_aux else tuple(rows)

    return derivative


def hvp(f: Callable[..., Any], primals: Any, vectors: Any, has_aux: bool = False) -> Any:
    """The Hessian of f times a vector, without building the Hessian.

    Args:
        f: a function with a single number as result.
        primals: where; one argument, or a tuple of all; containers as in `grad`.
        vectors: one for each primal, of its shape, and built as it is.
        has_aux: f returns a pair; what stands second in it comes second here too.

    Raises:
        ValueError: vectors do not match primals, or f's result is not a single number.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(_products, has_aux)(primals, vectors)
    several = type(primals) is tuple
    at, along = several_of(primals), several_of(vectors)
    if len(at) != len(along):
        raise ValueError(f"got {len(at)} primals but {len(along)} vectors")

    def slope(*args: Any) -> Any:
        total: Any = 0.0
        gradients = grad(f, tuple(range(len(args))), has_aux)(*args)
        gradients, aux = gradients if has_aux else (gradients, None)
        for i, (g, v) in enumerate(zip(gradients, along, strict=True)):
            name = f"vector {i}"
            given, parts = [(name, v)], [g]
            if is_container(g):
                tree, parts = taken_apart(g, name)
                given = tree.leaves_of(v, name, f"primal {i}")
            for (name, one), part in zip(given, parts, strict=True):
                total = total + contract(part, direction(one, part, name))
        return (total, aux) if has_aux else total

    products = grad(slope, tuple(range(len(at))), has_aux)(*at)
    products, aux = products if has_aux else (products, None)
    products = products if several else products[0]
    return (products, aux) if has_aux else products


def _products(f: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    """`hvp` of f as a function of primals and vectors."""
    return lambda primals, vectors: hvp(f, primals, vectors, has_aux)
