"""Which module of a model made which node: by running it under `trace`, or from labels."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import nn
from engine import Node, Watching

from .calls import Path, apart, called, common

#: A label that is a parameter's name in a model: `layers.0.weight`, `layers[0].neurons[3].w[1]`.
PLACE = re.compile(r"(([A-Za-z_]\w*(\[\d+\])*|\d+)\.)+[A-Za-z_]\w*(\[[\d,]+\])?")
UNNAMED = "model"  # a model known from its parameters' labels only


def split(name: str, callable_: Collection[str] = ()) -> Path:
    """A name as steps into a model; a number belongs to the name before it, if that is a list's.

    Args:
        callable_: names of modules that are called themselves, such as a Sequential.

    >>> split("layers.0.weight"), split("layers[0].neurons[3]"), split("0.1.bias")
    (('layers.0', 'weight'), ('layers[0]', 'neurons[3]'), ('0', '1', 'bias'))
    >>> split("block.0.weight", ["block"])
    ('block', '0', 'weight')
    """
    steps: list[str] = []
    words = name.split(".") if name else []
    for i, word in enumerate(words):
        last = steps[-1] if steps else ""
        listed = last and not last[-1].isdigit() and "[" not in last
        if word.isdigit() and listed and ".".join(words[:i]) not in callable_:
            steps[-1] += f".{word}"
        else:
            steps.append(word)
    return tuple(steps)


@dataclass(frozen=True)
class Placed:
    """A graph and where its nodes were made; a node is spoken of by its place in the order.

    Attributes:
        order: `toposort` of the root.
        inputs: for each node the places of its inputs, constants left out.
        paths: for each node its module.
        kinds: the class of the module at a path.
    """

    order: list[Any]
    inputs: list[list[int]]
    paths: list[Path]
    kinds: dict[Path, str] = field(default_factory=dict)


class trace(Watching):  # noqa: N801 - used as a context, named like no_grad and nan_trace
    """Note which module of a model makes which node, for pictures of what is computed inside.

    Inside, the model is watched, not changed; copy it (or take `scalar()` of it) before, not there.

    Args:
        model: an `nn.Module`, on either tier.

    Raises:
        TypeError: model is not an nn.Module.

    Attributes:
        kinds: what stands at a path, such as "Linear(2, 3)".

    >>> import nn
    >>> model = nn.MLP([2, 3, 1], rng=0)
    >>> with trace(model) as seen:
    ...     loss = (model([[1.0, 2.0]]) ** 2).mean()
    >>> seen.path(loss), [seen.path(x) for x in loss.inputs[0].inputs[:1]]
    ((), [('MLP', 'layers.1')])
    """

    def __init__(self, model: nn.Module) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"model must be an nn.Module, got {type(model).__name__}")
        self.model = model
        self.name = type(model).__name__
        self.kinds: dict[Path, str] = {}
        self._callable: set[str] = set()
        self._found: dict[int, tuple[Any, Path]] = {}  # the node is kept, so its id stays its own
        self._inside: list[tuple[Path, Path]] = []  # of each open call: its module, its place
        self._calls: dict[Path, int] = {}

    def saved(self) -> Any:
        forwards = [(module, vars(module).get("forward")) for module in self.model.modules()]
        return super().saved(), forwards

    def change(self) -> None:
        named = list(self.model.named_modules())
        self._callable = {name for name, one in named if type(one).forward is not nn.Module.forward}
        self._note_parameters()
        for name, module in named:
            path = (self.name, *split(name, self._callable))
            self.kinds[path] = type(module).__name__
            # an attribute of the instance stands before the class's method
            object.__setattr__(module, "forward", self._watched(module.forward, path))
        self._previous = super().saved()
        super().change()

    def restore(self, saved: Any) -> None:
        watcher, forwards = saved
        super().restore(watcher)
        for module, forward in forwards:
            vars(module).pop("forward", None)
            if forward is not None:
                object.__setattr__(module, "forward", forward)

    def _note_parameters(self) -> None:
        for name, parameter in self.model.named_parameters():
            path = (self.name, *split(name, self._callable)[:-1])
            for leaf in [parameter] if isinstance(parameter, Node) else parameter.flat:
                self._found[id(leaf)] = (leaf, path)

    def _watched(self, forward: Any, path: Path) -> Any:
        """forward, with everything made inside noted as made in this call of the module."""

        @functools.wraps(forward)
        def call(*args: Any, **kwargs: Any) -> Any:
            place = self._place(path)
            count = self._calls.get(place, 0) + 1
            here = called(place, count)
            self.kinds[here] = self.kinds[path]
            self._inside.append((path, here))
            try:
                result = forward(*args, **kwargs)
            finally:
                self._inside.pop()
            self._calls[place] = count  # one that fails does not count
            return result

        return call

    def _place(self, path: Path) -> Path:
        """Where a module stands: in the open call of the innermost module that holds it."""
        for module, place in reversed(self._inside):
            if path[: len(module)] == module:
                return (*place, *path[len(module) :])
        return path

    def recorded(self, op: Any, node: Any, inputs: tuple[Any, ...]) -> None:
        """Called by the engine for each result in this thread."""
        if self._inside:
            self._found[id(node)] = (node, self._inside[-1][1])
        if self._previous is not None:
            self._previous.recorded(op, node, inputs)

    def backward(self, order: list[Any], seed: Any) -> None:
        """Called by the engine before each backward pass."""
        if self._previous is not None:
            self._previous.backward(order, seed)

    def path(self, node: Any) -> Path:
        """Where a node was made; () for what was made outside the model."""
        found = self._found.get(id(node))
        return found[1] if found is not None and found[0] is node else ()


def unplaced(order: list[Any]) -> Placed:
    """A graph of which no modules are to be seen."""
    return Placed(order, input_places(order), [()] * len(order))


def placed(order: list[Any], seen: trace | None = None) -> Placed:
    """A graph with its modules, as `module_paths` finds them."""
    inputs = input_places(order)
    kinds = seen.kinds if seen is not None else {}
    return Placed(order, inputs, module_paths(order, seen, inputs), kinds)


def module_paths(order: list[Any], seen: trace | None = None, inputs: Any = None) -> list[Path]:
    """For each node the module it belongs to; () outside.

    By what `trace` saw, if it is given.  Else from labels: a parameter labelled
    `layers.0.weight` belongs to `layers.0`, and so does an op that is given it; an op between
    two modules belongs to the innermost module that holds both.

    >>> import engine
    >>> y = nn.MLP([2, 3, 1], rng=0)([1.0, 2.0])
    >>> sorted(set(module_paths(engine.toposort(y))))
    [('model',), ('model', 'layers.0'), ('model', 'layers.1')]
    """
    if seen is None and all(_owner(node) is None for node in order if node.op is None):
        return [()] * len(order)
    inputs = input_places(order) if inputs is None else inputs
    if seen is not None:
        return apart(order, inputs, [seen.path(node) for node in order], "part")
    return apart(order, inputs, _between(inputs, _owned(order, inputs)), "call")


def input_places(order: list[Any]) -> list[list[int]]:
    """For each node the places of its inputs, constants left out."""
    place = {id(node): i for i, node in enumerate(order)}
    return [[place[id(x)] for x in node.inputs if isinstance(x, Node)] for node in order]


def _owner(node: Any) -> Path | None:
    """The module a labelled leaf is a parameter of; None if it is none."""
    label = str(node.label)
    return (UNNAMED, *split(label)[:-1]) if PLACE.fullmatch(label) else None


def _owned(order: list[Any], inputs: list[list[int]]) -> list[Path | None]:
    """The module of each parameter, of what is computed from it alone, and of what takes either."""
    owners = {path for node in order if node.op is None and (path := _owner(node)) is not None}
    owned: list[Path | None] = []
    alone: list[bool] = []  # depends on parameters of one module and nothing else
    for node, below in zip(order, inputs, strict=True):
        if node.op is None:
            owned.append(_owner(node))
            alone.append(owned[-1] is not None)
            continue
        given = [i for i in below if alone[i]]
        leaves = [i for i in given if order[i].op is None]
        paths = [path for i in leaves or given if (path := owned[i]) is not None]
        path = common(paths) if paths else None
        label = (UNNAMED, *split(str(node.label)))
        if label in owners:  # nn.scalar labels results by their neuron
            path = label
        one_module = path is not None and all(owned[i] == path for i in given)
        owned.append(path if one_module or leaves or label in owners else None)
        alone.append(one_module and len(given) == len(node.inputs))
    return owned


def _between(inputs: list[list[int]], owned: list[Path | None]) -> list[Path]:
    """Places for the ops that take no parameter.

    What joins branches of one module is in that module, and x + branch(x) in the one that holds
    the branch; anything else is in what holds both its last input and what uses it first.  What
    no module uses is outside.
    """
    after: list[Path | None] = [None] * len(owned)  # of the first use by an op whose place is known
    for i in reversed(range(len(owned))):
        upstream = owned[i] if owned[i] is not None else after[i]
        if upstream is not None:
            for j in inputs[i]:
                after[j] = upstream
    result: list[Path] = []
    for i, known in enumerate(owned):
        if known is not None:
            result.append(known)
            continue
        joined = sorted(set(inputs[i]))
        below = [result[j] for j in joined if result[j]]
        inside = common(below) if len(below) > 1 and after[i] is not None else ()
        if len(joined) > 1:
            branch = _around_branch(after[joined[0]], result[joined[-1]])
            inside = max(inside, branch, key=len)
        if len(inside) < 2 and below:
            inside = common([below[-1], after[i] or ()])
        result.append(inside)
    return result


def _around_branch(first_use: Path | None, last: Path) -> Path:
    """The module that ends in x + branch(x), from what uses x first and where branch ends."""
    if first_use is None:
        return ()
    branch = common([first_use, last])
    return branch[:-1] if branch in (first_use, last) else branch
