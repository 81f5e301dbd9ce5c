"""Programs written down: what a Symbol's program consists of, and how it comes about."""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..graph import toposort
from ..lists import LISTS, array_of
from ..node import Node, NodeArray, to_numpy
from ..recording import Watching
from ..restoring import Restoring
from .rebinding import variables_of
from .refusals import WITHOUT_NUMBERS
from .symbol import Symbol


class Trace:
    """One program being written down: its inputs, and what was met on the way.

    Attributes:
        inputs: the Symbols that stand for its arguments and for leaves met inside, in order.
        lifted: the Symbol that stands for each Value or Tensor met inside.
        given: the Symbol that stands for each Value or Tensor among the arguments.
        names: variables' names, by the id of what they hold: nodes that a function reads from
            outside, and arrays of integers among its arguments.
        floats: whether rules are to take numbers for floats, as they do on Values.
        made: how many results there are.
        when: of each Value or Tensor that a function made, how many results there were.
        lifts: whether there is a result among them.
        orders: what some results are made of, by these results: see `order_of`.
        recorded: whether gradients made now are to be differentiated again (see
            `is_recorded`).
        quiet: whether a function computes some of it without NumPy's warnings.
        tensors: Symbols that stand for Tensors, though they are made of none.
        plain: Values and Tensors that derivatives taken inside made of plain arguments.
        refused: what was said where a number was asked for: f may go on, and not as it would have.
    """

    #: Whether the program is run again and again: see `LastingTrace`.
    lasting = False
    #: Arrays from outside that are to be read at each call, by id: see `LastingTrace`.
    captured: dict[int, np.ndarray] = MappingProxyType({})  # type: ignore[assignment]  # none
    #: The program that this one is a part of, and how many there are around it.
    around: Any = None
    depth = 0
    #: What an error calls a Symbol, and says to write in the place of what asks for numbers.
    called = "a Symbol"
    way_out = WITHOUT_NUMBERS

    def __init__(self) -> None:
        self.inputs: list[Symbol] = []
        self.lifted: dict[Node, Symbol] = {}
        self.given: dict[Node, Symbol] = {}
        self.recorded = self.floats = self.lifts = self.quiet = False
        self.made = 0
        self.orders: dict[tuple[Symbol, ...], list[Any]] = {}
        self.when: dict[Node, int] = {}
        self.names: dict[int, str] = {}
        self.refused: list[str] = []
        self.tensors: set[Symbol] = set()
        self.plain: set[Node] = set()

    def input(self, example: Any, label: str = "", requires: bool = True) -> Symbol:
        """A new input of the program, of the example's shape and dtype."""
        x = Symbol.leaf_of(example, self, label, requires)
        self.inputs.append(x)
        return x

    def constant(self, numbers: Any) -> Symbol:
        """A Symbol that stands for numbers that never change."""
        x = Symbol.leaf_of(numbers, self)
        x.is_constant = True
        return x

    def from_around(self, x: Symbol) -> Symbol:
        """The Symbol for one of another program: refused, unless that is around this one."""
        if not self.depth:
            raise ValueError("Symbols of two programs do not mix")
        return self.lift(x)

    def tensor(self, x: Symbol) -> Symbol:
        """x, which is a Tensor where the function itself runs: drawn numbers, say."""
        self.tensors.add(x)
        return x

    def backward(self, root: Symbol, gradient: Any) -> None:
        """What `root.backward()` in a function means: nothing, in a program that is printed."""
        root.refuse("backward()")

    def gradients(self, root: Symbol, wanted: Any, seed: Any) -> list[Any]:
        """The gradient of root for each node: in a program that is printed, `source` has them."""
        root.refuse("a gradient")

    def lift(self, root: Any) -> Symbol:
        """The Symbol for a Value or Tensor: an input for a leaf, else what its graph writes down.

        A leaf that requires no gradient is a constant, unless it has a label.
        """
        for node in toposort(root):
            if node in self.lifted:
                continue
            inputs = tuple([self.lifted[x] if isinstance(x, Node) else x for x in node.inputs])
            if node.op is None:
                y = self._leaf(node)
            elif node.op.opens:  # what it is made of
                y = node.op.forward(*inputs, **node.params)
            else:
                y = Symbol.made(node.op, inputs, dict(node.params), node._held, self)
                y.label = node.label or self.names.get(id(node), "")
                y.place = self.when.get(node, 0)  # what was there before comes first
                self.lifts = True
            self.lifted[node] = y
        return self.lifted[root]

    def _leaf(self, node: Any) -> Symbol:
        label = node.label or self.names.get(id(node), "")
        if node.requires_grad or label:
            return self.input(node._held, label, node.requires_grad)
        return self.constant(node._held)


@dataclass(frozen=True)
class Program:
    """A function, or a graph, written down.

    Attributes:
        name: the function's; "f" for a graph and for a lambda.
        result: what it returns; its graph is the program.
        arguments: the Symbols that stand for its arguments, by name; nodes that the program reads
            without being given them are further `trace.inputs`.
        trace: all inputs, and how they were met.
        given: what the function was called with, in order: Symbols, lists of them, and what is not
            numeric.
    """

    name: str
    result: Symbol
    arguments: dict[str, Symbol | list[Symbol]]
    trace: Trace
    given: Sequence[Any] = ()

    def lists(self) -> dict[str, list[Symbol]]:
        """The arguments that are lists of numbers, by name."""
        return {name: x for name, x in self.arguments.items() if isinstance(x, list)}


def program_of(root: Any) -> Program:
    """The program that a recorded graph stands for: of its leaves, with what was decided then.

    Raises:
        TypeError: root is no node.
    """
    trace = Trace()
    return Program("f", trace.lift(root), {}, trace)


def program(f: Callable[..., Any], *args: Any) -> Program:
    """Run f on Symbols in place of its numbers and arrays, and return what is written down.

    Numbers are Symbols of numbers, unless there is an array among the arguments, as in `grad`.
    A list of numbers is an array, but a list of Symbols where f takes no more than single numbers
    of it, or does what arrays do not, or where there are Values in a list.  Arrays of integers, and
    what is not numeric, are handed on as they are.  What f does with Values and Tensors of its own
    is written down too, and results are named as f's own variables are.

    Raises:
        TypeError: f is no function, asks for the numbers of a Symbol, or makes nothing of its
            arguments.

    >>> def f(a, b):
    ...     c = a * b
    ...     return c + 1
    >>> p = program(f, 2.0, 3.0)
    >>> p.name, list(p.arguments), [x.label for x in p.result.inputs if isinstance(x, Symbol)]
    ('f', ['a', 'b'], ['c'])
    """
    if not callable(f):
        raise TypeError(f"f must be a function, a Value or a Tensor, got {type(f).__name__}")
    given = [_array_of(x) if isinstance(x, LISTS) else x for x in args]
    rows = {i for i, x in enumerate(args) if isinstance(x, LISTS) and _is_row(given[i])}
    values = any(isinstance(given[i], NodeArray) for i in rows)
    if values:  # beside them lists of integers stay lists, too
        given = [args[i] if _are_places(x) else x for i, x in enumerate(given)]
    others = [x for i, x in enumerate(given) if i not in rows]
    if any(isinstance(x, np.ndarray | Node) and x.shape for x in others):
        return _traced(f, given)  # on arrays
    lists = [x.tolist() if i in rows else x for i, x in enumerate(given)]
    if values or not rows:
        return _traced(f, lists)
    try:
        traced = _traced(f, given)
    except (AttributeError, TypeError) as refusal:
        try:
            return _traced(f, lists)  # f does what lists do: `w.append(x)`
        except (AttributeError, TypeError):
            raise refusal from None
    if _takes_single_numbers([traced.given[i] for i in rows], traced):
        with contextlib.suppress(AttributeError, TypeError):  # f does what arrays do: `w.size`
            return _traced(f, lists)
    return traced


def _array_of(x: Any) -> Any:
    """A list of numbers or nodes as an array; of anything else, as it is."""
    array = array_of(x)
    return array if isinstance(array, Node | NodeArray) or array.dtype.kind in "fiubc" else x


def _are_places(x: Any) -> bool:
    """Whether x is an array of integers or bools: of places or classes, mostly."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "iub"


def _traced(f: Callable[..., Any], args: Sequence[Any]) -> Program:
    trace = Trace()
    arrays = any(isinstance(x, np.ndarray) or (isinstance(x, Node) and x.shape) for x in args)
    arguments: dict[str, Any] = {}
    given: list[Any] = []
    names = argument_names(f, len(args))
    home = _unbound(f).__module__
    trace.names = _nodes_in([("", f), *zip(names, args, strict=True)], home)

    def symbol(x: Any, label: str) -> Symbol:
        example: Any = x._held if isinstance(x, Node) else x
        if type(example) is not np.ndarray:
            example = np.asarray(example, float) if arrays else float(example)
        made = trace.input(example, label)
        if isinstance(x, Node):
            trace.given[x] = made
        return made

    for name, x in zip(names, args, strict=True):
        if isinstance(x, list) and _is_row(array_of(x)):
            arguments[name] = [symbol(one, f"{name}[{i}]") for i, one in enumerate(x)]
        elif _is_numeric(x):
            label = x.label if isinstance(x, Node) else ""
            arguments[name] = symbol(x, label or name)
        else:  # a string, a model, an array of places: f's own business
            trace.names[id(x)] = name
        given.append(arguments.get(name, x))
    with Noting(trace), Naming(f, trace.names):
        y = f(*[[*x] if isinstance(x, list) else x for x in given])  # f may append to them
    y = array_of(y) if isinstance(y, LISTS) else y
    if isinstance(y, Node) and not isinstance(y, Symbol):
        y = trace.lift(y)
    if not isinstance(y, Symbol):
        raise TypeError(
            f"{_name(f)} must make its result of its arguments, it returned {type(y).__name__} "
            "(arrays of integers and bools are constants: give floats)"
        )
    return Program(_name(f), y, arguments, trace, given)


def _is_row(x: Any) -> bool:
    """Whether an array is of one axis and holds floating-point numbers or Values."""
    if not isinstance(x, np.ndarray) or x.ndim != 1 or not x.size:
        return False
    return isinstance(x, NodeArray) or x.dtype.kind == "f"


def _takes_single_numbers(arrays: Sequence[Symbol], traced: Program) -> bool:
    """Whether a program does no more with arrays, and parts of them, than to take numbers out."""
    parts = {id(x) for x in arrays}
    for node in toposort(traced.result):
        if any(id(x) in parts for x in node.inputs):
            if node.op.name != "getitem":
                return False
            if node.shape:
                parts.add(id(node))
    return True


def _is_numeric(x: Any) -> bool:
    """Whether x becomes a Symbol: integers in an array are places or classes, mostly."""
    if isinstance(x, bool) or (isinstance(x, np.ndarray) and x.dtype.kind == "O"):
        return False
    if isinstance(x, float | int):
        return True
    return isinstance(x, Node | np.ndarray | np.generic) and to_numpy(x).dtype.kind == "f"


def _name(f: Any) -> str:
    f = _unbound(f)
    name = getattr(f, "__name__", type(f).__name__)
    return "f" if name == "<lambda>" else str(name)


def argument_names(f: Any, count: int) -> list[str]:
    """f's names for its positional arguments, x1, x2, … where it has none."""
    try:
        parameters = list(inspect.signature(_function(f)).parameters.values())
    except (TypeError, ValueError):  # of a builtin
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    more = (f"x{i + 1}" for i in itertools.count(len(named)))
    free = (name for name in more if name not in named)
    return [*named, *itertools.islice(free, max(count - len(named), 0))][:count]


_DEEP = 10  # lists in objects in lists …
_PLAIN = (float, int, str)


def _nodes_in(variables: list[tuple[str, Any]], home: str) -> dict[int, str]:
    """The nodes that variables hold, and that functions among them read: where they are, by id.

    They are looked for in lists, dictionaries and objects, and in what functions of the module
    `home` read from outside; one in several places has the name of the nearest.
    """
    found: dict[int, str] = {}
    seen: dict[int, Any] = {}  # with what was seen, so that nothing else has its id
    for _ in range(_DEEP):
        inside: list[tuple[str, Any]] = []
        for name, x in variables:
            if isinstance(x, Node):
                found.setdefault(id(x), name)
            elif id(x) not in seen and not isinstance(x, type | ModuleType):
                seen[id(x)] = x
                inside += _parts(name, x, home)
        variables = inside
    return found


def _parts(name: str, x: Any, home: str) -> list[tuple[str, Any]]:
    """What a variable holds, with names for it."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        x = x.tolist()
    if isinstance(x, LISTS):
        return [(f"{name}[{i}]", one) for i, one in enumerate(x) if not isinstance(one, _PLAIN)]
    if isinstance(x, FunctionType):
        return [*variables_of(x).items()] if x.__module__ == home else []
    if isinstance(x, MethodType):
        return [("", x.__func__), (name, x.__self__)]
    if isinstance(x, functools.partial):
        return [("", x.func), *x.keywords.items()]
    parts = x if isinstance(x, dict) else _attributes(x)
    return [
        (f"{name}.{key}".strip("."), one)
        for key, one in parts.items()
        if not isinstance(one, _PLAIN)
    ]


def _attributes(x: Any) -> dict[str, Any]:
    """An object's attributes, those in slots too."""
    slots = [name for kind in type(x).__mro__ for name in vars(kind).get("__slots__", ())]
    found = {name: getattr(x, name) for name in slots if hasattr(x, name)}
    return found | getattr(x, "__dict__", {})


class Noting(Watching):
    """While f runs, it is noted in what order Values and Tensors are made."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def recorded(self, op: Any, node: Node, inputs: Any) -> None:
        """Note one: and keep it, so that no other has its id."""
        self.trace.made += 1
        self.trace.when[node] = self.trace.made

    def backward(self, order: Any, seed: Any) -> None:
        """Of no interest."""


class Naming(Restoring):
    """While f runs, results get the names of f's own variables, the first that each has.

    Python's profiler says when f calls something, as every operator of a Symbol is, and when it
    returns: there f's variables are looked at.
    """

    def __init__(self, f: Any, names: dict[int, str]) -> None:
        self.code, self.names = _code(f), names

    def saved(self) -> Any:
        return sys.getprofile()

    def change(self) -> None:
        sys.setprofile(lambda frame, event, _: _look(frame, event, self.code, self.names))

    def restore(self, saved: Any) -> None:
        if saved is None or callable(saved):
            sys.setprofile(saved)
        else:
            saved.enable()  # cProfile's, which is no function


def _look(
    frame: FrameType | None, event: str, code: CodeType | None, names: dict[int, str]
) -> None:
    """Name what the variables of a call of `code` hold: as it calls something, or returns."""
    if event == "call" and frame is not None:
        frame = frame.f_back
    elif event != "return":
        return
    if frame is not None and frame.f_code is code:
        for name, x in frame.f_locals.items():
            if isinstance(x, Symbol):
                if not x.label and not x.is_constant:
                    x.label = name
            elif isinstance(x, Node):
                names.setdefault(id(x), name)


def _unbound(f: Any) -> Any:
    """f without the arguments that `functools.partial` has bound."""
    return f.func if isinstance(f, functools.partial) else f


def _function(f: Any) -> Any:
    """What runs when f is called: of a model, its `forward`."""
    return f if inspect.isroutine(f) else getattr(f, "forward", f)


def _code(f: Any) -> CodeType | None:
    f = _function(_unbound(f))
    f = inspect.unwrap(f if inspect.isroutine(f) else type(f).__call__)
    return getattr(f, "__code__", None)
