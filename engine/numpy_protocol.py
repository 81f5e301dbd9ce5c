"""NumPy's functions of nodes: `np.sin(x)`, `np.dot(a, b)`, `np.add.reduce(x)` are engine's ops.

NumPy leaves a call with a node among its arguments to the node: `__array_ufunc__` for what works
number by number, `__array_function__` for the rest.  A ufunc means the row whose forward it is, a
function engine's of the same name, and `MEANINGS` has those that differ.  Arguments are sorted by
NumPy's signature, for positions differ.  A function without a counterpart is NumPy's own
(`by_numpy`), as far as no gradient is lost by it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .core import Op, functions, registry, row_of
from .node import NODES, Node, NodeArray, to_numpy
from .signatures import input_names

#: What NumPy calls otherwise than engine, or means otherwise by the same name, by NumPy's name:
#: filled by `engine.arrays`, whose functions they are.
MEANINGS: dict[str, Callable[..., Any]] = {}

#: What is asked about numbers: the answer has no gradient.
# fmt: off
QUESTIONS = frozenset((
    "allclose", "argpartition", "argwhere", "array2string", "array_equal", "array_equiv",
    "array_repr", "array_str", "can_cast", "common_type", "count_nonzero", "digitize",
    "einsum_path", "equal", "flatnonzero", "greater", "greater_equal", "isclose", "iscomplex",
    "iscomplexobj", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal",
    "isrealobj", "less", "less_equal", "lexsort", "logical_and", "logical_not", "logical_or",
    "logical_xor", "min_scalar_type", "nanargmax", "nanargmin", "nonzero", "not_equal",
    "result_type", "save", "savetxt", "savez", "savez_compressed", "searchsorted", "signbit",
    "size", "tril_indices_from", "triu_indices_from",
))
# fmt: on

#: What writes into its first argument, and what makes a new array in its place.
_WRITERS = {
    "np.add.at": "engine.scatter_add",
    "np.copyto": "engine.where",
    "np.fill_diagonal": "engine.where",
    "np.place": "engine.where",
    "np.put": "engine.scatter_add",
    "np.put_along_axis": "engine.where",
    "np.putmask": "engine.where",
}

#: Arguments that say how NumPy is to work, not what is to come out; and those that say nothing.
_HOW = frozenset({"casting", "kind", "optimize", "stable", "subok"})
_FORMS = {"dtype": None, "out": None, "where": True}
_ATTRIBUTES = {np.shape: "shape", np.ndim: "ndim", np.size: "size"}
_COMPARISONS = frozenset(
    (np.equal, np.greater, np.greater_equal, np.less, np.less_equal, np.not_equal)
)
_ABSENT: Any = object()


class ArrayUfunc(property):
    """`__array_ufunc__`: what NumPy calls of the class; of an instance None.

    np.ma asks the instance whether `masked * x` is to be left to x, and None says that it is.
    """

    def __call__(
        self, x: Any, ufunc: Any, method: str, a: Any, b: Any = None, *more: Any, **named: Any
    ) -> Any:
        if method == "__call__" and not named:
            row = row_of.get(ufunc)
            if row is not None:  # ndarray * Tensor, np.float64 * Value: the commonest by far
                return row(a) if b is None else x.record_binary(row, a, b)
            if ufunc in _COMPARISONS:
                return x.compared(ufunc(_plain(a), _plain(b)))
        inputs = (a, *more) if b is None else (a, b, *more)
        name, call = _name_of(ufunc), ufunc
        if method != "__call__":
            call = getattr(ufunc, method)
        if name in QUESTIONS:
            return x.compared(call(*numbers(inputs), **numbers(named)))
        function: Any = row_of.get(ufunc)
        if method != "__call__":
            name += f".{method}"
            function = _outer_of(function) if method == "outer" else None
        function = function or MEANINGS.get(name) or _of_that_name(name)
        return _answer(x, call, name, function, inputs, named, inputs, named)


class NumpyFunctions:
    """What a node, or an array of nodes, answers to NumPy's functions."""

    __slots__ = ()

    __array_ufunc__ = ArrayUfunc(lambda _instance: None)

    #: What the answer of a comparison is shown as; `engine.arrays` has the class.
    compared: Any = staticmethod(lambda answer: answer)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _ATTRIBUTES and len(args) + len(kwargs) == 1:  # asked most of all
            return getattr(self, _ATTRIBUTES[func])
        name = _name_of(func)
        if name in QUESTIONS:
            return func(*numbers(args), **numbers(kwargs))
        function = MEANINGS.get(name) or _of_that_name(name)
        if function is not None and len(args) == 1 and not kwargs:
            return function(args[0])
        first, given = _sorted(func, args, kwargs)
        return _answer(self, func, name, function, first, given, args, kwargs)


def _answer(
    x: Any, call: Any, name: str, function: Any, first: Any, given: Any, args: Any, kwargs: Any
) -> Any:
    """Engine's function of a call of NumPy's, with the arguments as `first` and `given`."""
    if "out" in given or name in _WRITERS or name.endswith(".at"):
        for target in nodes_in([given.get("out"), *([] if "out" in given else args[:1])]):
            raise TypeError(
                f"{name}() cannot write into {_a(target)}: assign numbers, x[…] = …, as to a leaf "
                "under no_grad(); or take the result, as in y = np.exp(x)"
            )
    if function is not None:
        taken = _taken_by(function)
        if not given.keys() <= taken:
            given = _meant(call, taken, given)
        if given.keys() <= taken:
            return function(*first, **given)
    return x.by_numpy(call, args, kwargs, _refusal(name, function, given))


def _refusal(name: str, function: Any, given: dict[str, Any]) -> str:
    """What is wrong with a call that would lose a gradient, and the way out."""
    if given.get("out") is not None:
        return (
            f"{name}(…, out=…) of a node that requires a gradient: numbers written into an array "
            "lose it; take the result (y = np.exp(x), a = a * x in place of a *= x), begin with a "
            "Tensor (a = engine.tensor(a)), or write the numbers on purpose, with .detach() or "
            ".numpy()"
        )
    why = "engine has no function for it"
    if function is not None:
        unknown = ", ".join(sorted(given.keys() - _taken_by(function)))
        why = f"engine's function for it has no {unknown}"
    elif name in _WRITERS:
        why = f"{_WRITERS[name]} makes a new array, of which it is part"
    return (
        f"{name}() of a node that requires a gradient would lose it: {why}. Compose it of "
        "engine's functions, add a row of your own (engine.elementwise, engine.shape_op), or take "
        "the numbers on purpose, with .detach() or .numpy()"
    )


@functools.lru_cache
def _name_of(function: Any) -> str:
    """A ufunc or a function as NumPy's users write it: np.linalg.norm; short for questions."""
    name = function.__name__
    if isinstance(function, np.ufunc):
        module = "np" if getattr(np, name, None) is function else ""
    else:
        module = function.__module__.replace("numpy", "np", 1)
    return name if not module or (module == "np" and name in QUESTIONS) else f"{module}.{name}"


def _of_that_name(name: str) -> Any:
    """Engine's function of the name that NumPy's has, or None."""
    short = _short(name)
    return functions.get(short) or registry.get(short)


@functools.cache
def _short(name: str) -> str:
    """What engine may call a function of NumPy: norm for np.linalg.norm; "" for np.strings.add."""
    module, _, short = name.rpartition(".")
    return short if module in ("np", "np.linalg", "np.fft", "np.lib.stride_tricks") else ""


def _outer_of(op: Op | None) -> Any:
    """A row of every number of a with every number of b: the method `outer` of its ufunc."""
    if op is None:
        return None

    def outer(a: Any, b: Any) -> Any:
        a, b = (x if isinstance(x, NODES) else np.asarray(x) for x in (a, b))
        apart = a.reshape(a.shape + (1,) * len(b.shape)) if a.shape and b.shape else a
        return op(apart, b)

    return outer


@functools.lru_cache
def _parameters(func: Any) -> dict[str, Any]:
    """The names of a NumPy function's parameters, in order, with their defaults."""
    try:
        parameters = inspect.signature(func).parameters.values()
    except ValueError:  # written in C, in an older NumPy
        return {}
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return {}
    named = (p for p in parameters if p.kind != p.VAR_KEYWORD)
    older = {"newshape": "shape"}  # before NumPy 2.1
    return {older.get(p.name, p.name): p.default for p in named}


def _sorted(func: Any, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call's first argument (all, if NumPy has no names for them), and the others by name."""
    if len(args) == 1:
        return args, kwargs
    first, *others = _parameters(func) or (None,)
    if first is None:
        return args, kwargs
    if not args:
        return (kwargs[first],), {key: x for key, x in kwargs.items() if key != first}
    given = dict(zip(others, args[1:], strict=False))
    given.update(kwargs)
    return args[:1], given


def _meant(func: Any, taken: frozenset[str], given: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, less those that are not `taken` and change no result."""
    default = {**_parameters(func), **_FORMS}
    return {
        key: x
        for key, x in given.items()
        if key in taken or not (key in _HOW or x is default.get(key, _ABSENT))
    }


@functools.lru_cache
def _taken_by(function: Any) -> frozenset[str]:
    """The names of the arguments that a function of engine takes."""
    if isinstance(function, Op):
        return frozenset((*input_names(function), *function.defaults, *function.aliases))
    return frozenset(inspect.signature(function).parameters)


def _a(x: Any) -> str:
    return "an array of Values" if isinstance(x, NodeArray) else f"a {type(x).__name__}"


def nodes_in(x: Any) -> Iterator[Any]:
    """The nodes, and arrays of nodes, among arguments, and in lists of them."""
    if isinstance(x, NODES):
        yield x
    elif isinstance(x, tuple | list):
        for part in x:
            yield from nodes_in(part)
    elif isinstance(x, dict):
        yield from nodes_in(list(x.values()))


def replaced(x: Any, by: Callable[[Any], Any]) -> Any:
    """Arguments with every node, and array of nodes, replaced."""
    if isinstance(x, NODES):
        return by(x)
    if type(x) in (tuple, list):
        return type(x)(replaced(part, by) for part in x)
    if type(x) is dict:
        return {key: replaced(part, by) for key, part in x.items()}
    return x


def _plain(x: Any) -> Any:
    """What a node holds; anything else as it is."""
    return x._held if isinstance(x, Node) else to_numpy(x) if isinstance(x, NodeArray) else x


def numbers(arguments: Any) -> Any:
    """Arguments as plain numbers and arrays."""
    return replaced(arguments, to_numpy)
