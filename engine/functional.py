"""Derivatives of functions: `grad`, `value_and_grad`, `vjp`, `jvp`, `jacobian`, `hessian`, `hvp`.

Plain numbers and arrays go in and come out: a function of numbers runs on `Value`s, a function
with an array among its arguments on `Tensor`s.  Nodes go in, nodes come out, recorded, so every
one of these can be applied to its own result: `grad(grad(f))`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .core import Node, enable_grad
from .graph import adjoints, toposort
from .ops import identity
from .reductions import sum as sum_of
from .scalar import Value
from .scalar import gradients as scalar_gradients
from .shapes import ravel, reshape, stack
from .tensor import Tensor
from .tensor import gradients as tensor_gradients
from .value_array import ValueArray

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Argnums = int | tuple[int, ...] | list[int]


class _Depth(threading.local):
    """How many derivatives are being taken around this one, in this thread."""

    count = 0


_DEPTH = _Depth()


class _Argument:
    """An argument to differentiate: what was given, and the node(s) that stand for it."""

    def __init__(self, given: Any, arrays: bool, position: int) -> None:
        self.given = given
        if isinstance(given, Node):
            self.node = _fresh(given)
        elif isinstance(given, ValueArray):
            self.node = identity(given)
        elif isinstance(given, np.ndarray | list | tuple) or arrays:
            array = np.array(given, dtype=np.float64 if _all_ints(given) else None)
            if array.dtype.kind != "f":
                raise TypeError(
                    f"argument {position} must be floating-point to be differentiated, got "
                    f"{array.dtype}"
                )
            self.node = Tensor(array, requires_grad=True)
        else:
            self.node = Value(given)

    @property
    def plain(self) -> bool:
        """Whether the gradient is to be a plain number or array, not a node."""
        return not isinstance(self.given, Node | ValueArray)

    @property
    def nodes(self) -> list[Any]:
        """The nodes whose gradients make up this argument's gradient."""
        return list(self.node.flat) if isinstance(self.node, ValueArray) else [self.node]

    def assemble(self, gradients: list[Any]) -> Any:
        """This argument's gradient from those of its nodes (None: it does not matter)."""
        if isinstance(self.node, ValueArray):
            each = np.empty(len(gradients), dtype=object)
            each[:] = [Value(0.0) if g is None else g for g in gradients]
            return each.reshape(self.node.shape).view(ValueArray)
        (g,) = gradients
        if g is None:
            g = _zero(self.node)
        if (
            self.plain
            and not isinstance(g, Node)
            and not isinstance(self.given, np.ndarray | list | tuple)
        ):
            return float(g)
        return g


def _fresh(node: Any) -> Any:
    """A node of its own for this argument, so that one node given twice is two arguments."""
    if isinstance(node, Tensor) and not node.requires_grad:
        return Tensor(node.data, requires_grad=True, label=node.label)
    y = identity(node)
    y.label = node.label
    return y


def _all_ints(given: Any) -> bool:
    """Whether ints were typed where numbers are meant: 2 or [1, 2], not an integer array."""
    return not isinstance(given, np.ndarray) and np.asarray(given).dtype.kind in "iu"


def _zero(node: Any) -> Any:
    return 0.0 if isinstance(node, Value) else np.zeros(node.shape, node.dtype)


def _positions(argnums: Argnums, count: int) -> tuple[int, ...]:
    """Which of `count` arguments are meant, each once."""
    positions = argnums if isinstance(argnums, tuple | list) else (argnums,)
    for i in positions:
        if not isinstance(i, int) or isinstance(i, bool) or not -count <= i < count:
            raise ValueError(f"argnums {argnums!r} does not fit a call with {count} arguments")
    if len({i % count for i in positions}) < len(positions):
        raise ValueError(f"argnums {argnums!r} names an argument twice")
    return tuple(i % count for i in positions)


def _check_function(f: Any) -> None:
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")


def _run(
    f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums
) -> tuple[Any, list[_Argument]]:
    """Call f with the arguments at `argnums` replaced by nodes; the result, and those."""
    _check_function(f)
    positions = _positions(argnums, len(args))
    arrays = any(
        isinstance(x, Tensor | list | tuple)
        or (isinstance(x, np.ndarray) and not isinstance(x, ValueArray))
        for x in args
    ) and not any(isinstance(x, Value | ValueArray) for x in args)
    arguments = [_Argument(args[i], arrays, i) for i in positions]
    call = list(args)
    for i, argument in zip(positions, arguments, strict=True):
        call[i] = argument.node
    _DEPTH.count += 1
    try:
        with enable_grad():
            return _result(f(*call, **kwargs), f), arguments
    finally:
        _DEPTH.count -= 1


def _result(y: Any, f: Any) -> Any:
    """f's result as a node, an array of Values, or a plain number or array."""
    if isinstance(y, list | tuple):
        if any(isinstance(x, Tensor) for x in y):
            return stack([x if isinstance(x, Tensor) else Tensor(x) for x in y])
        objects = np.empty(len(y), dtype=object)
        objects[:] = y
        y = objects
    if isinstance(y, np.ndarray) and y.dtype == object:
        return y.view(ValueArray)
    if isinstance(y, Node) or (
        isinstance(y, np.ndarray | np.generic | float | int) and np.asarray(y).dtype.kind in "fiub"
    ):
        return y
    raise TypeError(
        f"{getattr(f, '__name__', 'f')} must return a number, a Value, a Tensor or an array of "
        f"Values, got {type(y).__name__}"
    )


def _gradients(root: Any, arguments: list[_Argument], seed: Any = None) -> list[Any]:
    """The gradient of a one-element result with respect to each argument.

    Recorded, unless nobody can differentiate it again: all arguments are plain and no other
    derivative is being taken around this one.
    """
    record = _DEPTH.count > 0 or any(not argument.plain for argument in arguments)
    wanted = [node for argument in arguments for node in argument.nodes]
    found = _gradients_of_nodes(root, wanted, record)
    results = []
    for argument in arguments:
        mine = [found.pop(0) for _ in argument.nodes]
        gradient = argument.assemble(mine)
        results.append(_stripped(gradient, argument, wanted) if record else gradient)
    return results


def _gradients_of_nodes(root: Any, wanted: list[Any], record: bool) -> list[Any]:
    """The gradient of root for each node, None where root does not depend on it."""
    if not isinstance(root, Node):
        return [None] * len(wanted)  # a constant
    if isinstance(root, Tensor) and not root.requires_grad:
        return [None] * len(wanted)
    if not record:
        tier: Any = tensor_gradients if isinstance(root, Tensor) else scalar_gradients
        return tier(root, wanted)
    one = (
        Tensor(np.ones_like(root.data))
        if isinstance(root, Tensor)
        else Value(1.0, requires_grad=False)
    )
    order = toposort(root)
    found = adjoints(order, {root: one})
    return [found.get(node) for node in wanted]


def _stripped(gradient: Any, argument: _Argument, own: list[Any]) -> Any:
    """A recorded gradient as the caller wants it: plain again, if nothing hangs on its graph."""
    if not argument.plain:
        if isinstance(gradient, Node | ValueArray):
            return gradient
        kind = Value if isinstance(argument.given, Value) else Tensor
        return kind(gradient)
    if not isinstance(gradient, Node):
        return gradient
    ours = {id(node) for node in own}
    if any(
        node.op is None and node.requires_grad and id(node) not in ours
        for node in toposort(gradient)
    ):
        return gradient  # depends on a node of an enclosing derivative
    return _plain(gradient, argument.given)


def _plain(node: Any, like: Any) -> Any:
    """The number or array of a node; a number where a number was given."""
    if isinstance(node, ValueArray):
        return node.values
    if isinstance(node, Value):
        return node.data
    if isinstance(node, Tensor):
        is_array = node.ndim or isinstance(like, np.ndarray)
        return np.array(node.data) if is_array else node.item()
    return node


def _scalar_root(y: Any, f: Any) -> Any:
    size = 1 if isinstance(y, Value) else np.size(y) if not isinstance(y, Tensor) else y.size
    if size != 1:
        raise ValueError(
            f"grad needs a function with a single number as result, "
            f"{getattr(f, '__name__', 'f')} returned shape {np.shape(y)}: use jacobian or vjp"
        )
    return y.flat[0] if isinstance(y, ValueArray) else y


def _values_out(y: Any, arguments: list[_Argument]) -> Any:
    """A function's value, plain if all that was given was plain."""
    if all(argument.plain for argument in arguments) and not _DEPTH.count:
        return _plain(y, None)
    return y


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns (f(*args), gradient); the gradient as `grad` gives it.

    Raises:
        ValueError: f's result is not a single number, or argnums does not fit the call.
        TypeError: an argument to differentiate is not a floating-point number or array.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    _check_function(f)

    def derivative(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        y, arguments = _run(f, args, kwargs, argnums)
        gradients = _gradients(_scalar_root(y, f), arguments)
        return _values_out(y, arguments), gradients[0] if isinstance(argnums, int) else tuple(
            gradients
        )

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


def _contract(y: Any, direction: Any) -> Any:
    """The sum of y times direction, element by element: a single number."""
    product = y * direction
    return product if isinstance(y, Value) else sum_of(product)


def _direction(v: Any, like: Any, name: str) -> Any:
    """A cotangent or tangent, checked against what it belongs to."""
    if not isinstance(v, Node | ValueArray):
        v = np.asarray(v, dtype=np.float64)
    if np.shape(v) != np.shape(like):
        raise ValueError(f"{name} must have shape {np.shape(like)}, got {np.shape(v)}")
    if isinstance(v, np.ndarray) and v.ndim == 0 and not isinstance(v, ValueArray):
        return float(v)
    return v


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
    y, arguments = _run(f, primals, {}, tuple(range(len(primals))))

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        with enable_grad():
            root = _contract(y, _direction(cotangent, y, "cotangent"))
        return tuple(_gradients(root, arguments))

    return _values_out(y, arguments), pullback


def _push(y: Any, arguments: list[_Argument], tangents: tuple[Any, ...]) -> Any:
    """The derivative of y along the tangents, recorded: two backward passes make one forward.

    The gradient of y·u is linear in u, and its own gradient with respect to u, along the
    tangents, is the derivative looked for.
    """
    if isinstance(y, ValueArray):
        u: Any = ValueArray.of(np.zeros(y.shape))
    elif isinstance(y, Tensor):
        u = Tensor(np.zeros_like(y.data), requires_grad=True)
    else:
        u = Value(0.0)
    nodes = [node for argument in arguments for node in argument.nodes]
    with enable_grad():
        first = _gradients_of_nodes(_contract(y, u), nodes, record=True)
        directions = [v for t, a in zip(tangents, arguments, strict=True) for v in _elements(t, a)]
        parts = [_contract(g, v) for g, v in zip(first, directions, strict=True) if g is not None]
        total = parts[0] if parts else 0.0
        for part in parts[1:]:
            total = total + part
    along_u = _Argument.__new__(_Argument)
    along_u.given = along_u.node = u
    second = _gradients_of_nodes(total, along_u.nodes, record=True)
    pushed = along_u.assemble(second)
    return pushed if isinstance(pushed, Node | ValueArray) else type(u)(pushed)


def _elements(tangent: Any, argument: _Argument) -> list[Any]:
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
    y, arguments = _run(f, primals, {}, tuple(range(len(primals))))
    checked = tuple(
        _direction(t, a.node, f"tangent {i}")
        for i, (t, a) in enumerate(zip(tangents, arguments, strict=True))
    )
    if not isinstance(y, Node | ValueArray):
        return y, np.zeros(np.shape(y))[()]  # a constant
    pushed = _push(y, arguments, checked)
    plain = not _DEPTH.count and all(
        not isinstance(x, Node | ValueArray) for x in (*primals, *tangents)
    )
    return (_plain(y, None), _plain(pushed, None)) if plain else (y, pushed)


def jacobian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """A function that returns all derivatives of f's result: shape of result + shape of argument.

    Raises:
        ValueError: argnums does not fit the call.

    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    _check_function(f)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        y, arguments = _run(f, args, kwargs, argnums)
        shape = np.shape(y)
        with enable_grad():
            rows = [_gradients(one, arguments) for one in _each_element(y)]
        results = [
            _stacked([row[k] for row in rows], shape, argument)
            for k, argument in enumerate(arguments)
        ]
        return results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def _each_element(y: Any) -> list[Any]:
    if isinstance(y, Tensor):
        flat = ravel(y)
        return [flat[i] for i in range(y.size)]
    return list(np.asarray(y).flat) if isinstance(y, np.ndarray) else [y]


def _stacked(rows: list[Any], shape: tuple[int, ...], argument: _Argument) -> Any:
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
            _direction(v, g, f"vector {i}")
            for i, (v, g) in enumerate(zip(along, gradients, strict=True))
        ]
        total: Any = 0.0
        for g, v in zip(gradients, checked, strict=True):
            total = total + _contract(g, v)
        return total

    products = grad(slope, tuple(range(len(at))))(*at)
    return products if several else products[0]
