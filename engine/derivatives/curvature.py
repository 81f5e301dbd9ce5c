"""Second derivatives, forward over reverse (on Values reverse twice): `hessian`, `hvp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .arguments import Argnums, on_tensors, opened
from .directions import direction
from .jacobians import of_gradient
from .transforms import OwnDerivatives, contract, fixed, grad, jvp, several_of
from .trees import is_container, taken_apart


def hessian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the second derivatives of f; for several argnums a tuple of tuples.

    It is `jacfwd` of `grad`: one backward pass is recorded, and a tangent pushed through that for
    each number of the arguments (on Values, each number of the gradient is pulled back).  For a
    container, as `grad` takes them, it is a container of containers: `H["w"]["b"]`.

    Args, errors: as `grad`.

    >>> import numpy as np
    >>> hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(hessian, fixed(argnums), has_aux)
    if isinstance(argnums, int):
        return of_gradient(grad(f, argnums, has_aux), argnums, has_aux)
    second = of_gradient(_each_gradient(f, tuple(argnums), has_aux), tuple(argnums), has_aux)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        found, aux = second(*args, **kwargs) if has_aux else (second(*args, **kwargs), None)
        rows = tuple(found.values())
        return (rows, aux) if has_aux else rows

    return derivative


def hvp(f: Callable[..., Any], primals: Any, vectors: Any, has_aux: bool = False) -> Any:
    """The Hessian of f times a vector, without building the Hessian: `jvp` of `grad`.

    Args:
        f: a function with a single number as result.
        primals: where; one argument, or a tuple of all; containers as in `grad`.
        vectors: one for each primal, of its shape, and built as it is.
        has_aux: f returns a pair; what stands second in it comes second here too.

    Raises:
        ValueError: vectors do not match primals, or f's result is not a single number.

    >>> import numpy as np
    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    if isinstance(f, OwnDerivatives):
        return f.derived(_products, has_aux)(primals, vectors)
    at, along = several_of(primals), several_of(vectors)
    if len(at) != len(along):
        raise ValueError(f"got {len(at)} primals but {len(along)} vectors")
    leaves, checked = _leaves_and_vectors(at, along)
    argnums = tuple(range(len(at)))
    gradients = _each_gradient(f, argnums, has_aux)
    if on_tensors(leaves):
        _, found, *aux = jvp(gradients, at, along, has_aux)
        products = tuple(found.values())
    else:  # of Values: their backward pass is written out, and faster
        found = grad(_slope(gradients, checked, has_aux), argnums, has_aux)(*at)
        products, *aux = found if has_aux else (found,)
    found = products if type(primals) is tuple else products[0]
    return (found, *aux) if has_aux else found


def _slope(gradients: Callable[..., Any], vectors: list[Any], has_aux: bool) -> Callable[..., Any]:
    """The gradient along the vectors, a single number."""

    def along(*args: Any) -> Any:
        found, aux = gradients(*args) if has_aux else (gradients(*args), None)
        total: Any = 0.0
        for part, v in zip(taken_apart(found, "gradient")[1], vectors, strict=True):
            total = total + contract(part, v)
        return (total, aux) if has_aux else total

    return along


def _each_gradient(f: Any, argnums: tuple[int, ...], has_aux: bool) -> Callable[..., Any]:
    """`grad` of f with its gradients in a dict: a tuple of single numbers would be one array."""
    gradients = grad(f, argnums, has_aux)

    def named(*args: Any, **kwargs: Any) -> Any:
        found, aux = gradients(*args, **kwargs) if has_aux else (gradients(*args, **kwargs), None)
        each = dict(enumerate(found))
        return (each, aux) if has_aux else each

    return named


def _leaves_and_vectors(at: tuple[Any, ...], along: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """What is in the primals, and the vectors, checked: built as those are, of the same shapes."""
    leaves: list[Any] = []
    given: list[tuple[str, Any]] = []
    for i, (x, v) in enumerate(zip(at, along, strict=True)):
        name = f"vector {i}"
        if is_container(x):
            tree, parts = opened(x, f"primal {i}")
            leaves += parts
            given += tree.leaves_of(v, name, f"primal {i}")
        else:
            leaves.append(x)
            given.append((name, v))
    vectors = [direction(v, x, name) for (name, v), x in zip(given, leaves, strict=True)]
    return tuple(leaves), vectors


def _products(f: Callable[..., Any], has_aux: bool) -> Callable[..., Any]:
    """`hvp` of f as a function of primals and vectors."""
    return lambda primals, vectors: hvp(f, primals, vectors, has_aux)
