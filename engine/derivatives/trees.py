"""Containers of numbers, arrays and nodes: what is in them, and one like them with other things.

A dict, a dataclass or a namedtuple is a container.  A list or a tuple of single numbers, nested to
a rectangle (`[[1.0, 2.0], [3.0, 4.0]]`), is one array, as everywhere in engine; any other, of
arrays for one, is a container.  Everything else is a leaf, but None, which stays where it is.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..arrays import cast, concatenate, ravel, reshape
from ..lists import LISTS, array_of
from ..node import NODES
from ..tensors import Tensor
from ..values import Value, number

#: Types of what is in most lists: neither nodes nor anything nested.
PLAIN = frozenset([float, int])


def is_container(x: Any) -> bool:
    """Whether x is a container, not a leaf.

    >>> is_container({"w": 1.0}), is_container([1.0, 2.0]), is_container([[1.0], [2.0, 3.0]])
    (True, False, True)
    """
    if isinstance(x, LISTS):
        return hasattr(x, "_fields") or _shape(x) is None
    return isinstance(x, dict) or (dataclasses.is_dataclass(x) and not isinstance(x, type))


def _shape(x: Any) -> tuple[int, ...] | None:
    """The shape of a number, or of a list of them that is one array; None if it is not."""
    if not isinstance(x, LISTS) or hasattr(x, "_fields"):
        single = isinstance(x, float | int | np.generic) or (
            isinstance(x, (*NODES, np.ndarray)) and np.shape(x) == ()
        )
        return () if single else None
    if PLAIN.issuperset(map(type, x)):
        return (len(x),)
    shapes = set(map(_shape, x))
    inner = shapes.pop()
    return None if shapes or inner is None else (len(x), *inner)


def parts_of(x: Any) -> list[tuple[str, Any]]:
    """What a container, or any list, holds; each with what is written after x to get it."""
    if isinstance(x, dict):
        return [(f"[{key!r}]", part) for key, part in x.items()]
    if isinstance(x, LISTS):
        names = getattr(x, "_fields", None)
        written = [f"[{i}]" for i in range(len(x))] if names is None else [f".{n}" for n in names]
        return list(zip(written, x, strict=True))
    return [(f".{field.name}", getattr(x, field.name)) for field in dataclasses.fields(x)]


def _with_parts(x: Any, parts: list[Any]) -> Any:
    """A container like x that holds these; its class's own `__init__` is not run."""
    if isinstance(x, tuple):
        return x._make(parts) if hasattr(x, "_make") else type(x)(parts)
    y: Any = copy.copy(x)
    if isinstance(x, list):
        y[:] = parts
    elif isinstance(x, dict):
        for key, part in zip(x, parts, strict=True):
            y[key] = part
    else:
        for field, part in zip(dataclasses.fields(x), parts, strict=True):
            object.__setattr__(y, field.name, part)  # a frozen one, too
    return y


def rebuilt(x: Any, leaves: Iterator[Any]) -> Any:
    """x with other leaves, which are taken from an iterator in order."""
    if x is None:
        return None
    if not is_container(x):
        return next(leaves)
    return _with_parts(x, [rebuilt(part, leaves) for _, part in parts_of(x)])


def mapped(f: Callable[[Any], Any], x: Any) -> Any:
    """f of everything in x, in the same containers; here every list is one."""
    if isinstance(x, LISTS) or is_container(x):
        return _with_parts(x, [mapped(f, part) for _, part in parts_of(x)])
    return f(x)


class _Leaf:
    """Stands for a leaf: the shape of a container is known by what holds nothing else."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True)
class Tree:
    """How a container is built: its `like` holds a mark for each leaf, and is nobody else's."""

    like: Any
    names: list[str]  # of each leaf, as one would write it

    def build(self, leaves: Iterable[Any]) -> Any:
        """A container like this with other leaves."""
        return rebuilt(self.like, iter(leaves))

    def leaves_of(self, x: Any, name: str, like: str) -> list[tuple[str, Any]]:
        """The leaves of a container that must be built as this one, each with its name.

        Raises:
            ValueError: it is built in another way; names where, and like what it must be.
        """
        return list(_along(self.like, x, name, like))


def taken_apart(x: Any, name: str) -> tuple[Tree, list[Any]]:
    """A container's tree and leaves."""
    found = list(_leaves(x, name))
    like = rebuilt(x, (_Leaf() for _ in found))
    return Tree(like, [name for name, _ in found]), [leaf for _, leaf in found]


def _leaves(x: Any, name: str) -> Iterator[tuple[str, Any]]:
    if is_container(x):
        for written, part in parts_of(x):
            yield from _leaves(part, name + written)
    elif x is not None:
        yield name, x


def _along(like: Any, x: Any, name: str, what: str) -> Iterator[tuple[str, Any]]:
    if like is None:
        return
    if not is_container(like):
        yield name, x
        return
    parts = parts_like(like, x)
    if parts is None:
        keys = f" with {', '.join(written for written, _ in parts_of(like))}"
        raise ValueError(
            f"{name} must be built as {what} is, a {type(like).__name__}{keys}; "
            f"got {type(x).__name__}: {x!r:.60}"
        )
    for (written, one), part in zip(parts_of(like), parts, strict=True):
        yield from _along(one, part, name + written, what)


def parts_like(like: Any, x: Any) -> list[Any] | None:
    """What x holds, in the order of `like`; None where x is built in another way."""
    if isinstance(like, dict):
        same = isinstance(x, dict) and x.keys() == like.keys()
        return [x[key] for key in like] if same else None
    if type(like) in LISTS:
        same = type(x) in LISTS and len(x) == len(like)
        return list(x) if same else None
    return [part for _, part in parts_of(x)] if type(x) is type(like) else None


def ravel_tree(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of a container as one vector, and the function from such a vector back.

    Both can be differentiated.  Leaves are numbers, floating-point arrays, lists of numbers, or
    nodes; back comes a container of the same kind, with arrays of the same shapes and dtypes and
    numbers for numbers.  What optimizers of SciPy take is a vector:

    >>> from engine import hessian, value_and_grad
    >>> from scipy.optimize import minimize
    >>> def loss(p):
    ...     return ((p["w"] - 3.0) ** 2).sum() + (p["w"].sum() * p["b"] - 1.0) ** 2
    >>> vector, rebuild = ravel_tree({"w": np.zeros(2), "b": 1.0})
    >>> of_vector = lambda v: loss(rebuild(v))
    >>> found = minimize(value_and_grad(of_vector), vector, jac=True, hess=hessian(of_vector),
    ...                  method="trust-exact")
    >>> best = rebuild(found.x)
    >>> best["w"].round(3).tolist(), round(best["b"], 3)
    ([3.0, 3.0], 0.167)

    With `hessp=lambda v, along: hvp(of_vector, v, along)` the matrix is never built.

    Raises:
        TypeError: a leaf is no number, or an array of integers; names it.
        ValueError: what is to be built again is not a vector of that length.
    """
    if is_container(tree):
        built, leaves = taken_apart(tree, "tree")
    else:
        built, leaves = Tree(_Leaf(), ["tree"]), [tree]
    given = [_floats(x, name) for x, name in zip(leaves, built.names, strict=True)]
    sizes = [int(np.size(x)) for x in given]
    vector = concatenate([ravel(x) for x in given]) if given else np.zeros(0)

    def rebuild(vector: Any) -> Any:
        if not isinstance(vector, NODES):
            vector = np.asarray(vector)
        if vector.shape != (sum(sizes),):
            raise ValueError(f"vector must have shape ({sum(sizes)},), got {vector.shape}")
        ends = np.cumsum(sizes).tolist()
        each = zip(given, sizes, ends, strict=True)
        return built.build([_like(vector[end - size : end], x) for x, size, end in each])

    return vector, rebuild


def _floats(x: Any, name: str) -> Any:
    """A leaf as a node, a float or an array of floats."""
    if isinstance(x, NODES):
        return x
    if not isinstance(x, np.ndarray | list | tuple):
        return number(x, name)
    array = array_of(x)
    if not isinstance(x, np.ndarray) and not isinstance(array, NODES):
        array = array.astype(np.float64)  # numbers that were typed: [1, 2]
    if array.dtype.kind not in "fO":
        raise TypeError(f"{name} must be floating-point, got {array.dtype}")
    return array


def _like(part: Any, leaf: Any) -> Any:
    """A piece of a vector in the form of a leaf."""
    if isinstance(leaf, float | Value):
        number = part[0]
        return number if isinstance(number, NODES) else float(number)
    part = reshape(part, np.shape(leaf))
    if not isinstance(part, NODES):
        part = np.array(part)  # not a view of a vector that its owner may change
    known = isinstance(leaf, Tensor | np.ndarray) and leaf.dtype.kind == part.dtype.kind == "f"
    return cast(part, leaf.dtype) if known and part.dtype != leaf.dtype else part
