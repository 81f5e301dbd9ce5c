"""A call of a function that is being differentiated, and what a gradient of its result is.

When does a gradient come back as a plain number or array, and when as a node?  `Call` says it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..callers import warn_caller
from ..differentiating import RUNNING, differentiating, other_leaves
from ..graph import adjoints, gradients_on_the_way, toposort, visit
from ..node import Node, to_numpy
from ..node_hooks import HOOKS
from ..recording import ATTENTION, RECORDING, enable_grad
from ..tensors import Tensor
from ..values import ValueArray
from ..writing import gradients as gradients_by_name
from .arguments import (
    LEAVES,
    Argnums,
    Argument,
    in_graph,
    node_for,
    nodes_in_list,
    on_tensors,
    opened,
    positions_of,
    take_names,
)
from .returned import check_function, name_of, value_of
from .trees import Tree, is_container, mapped


def run(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Any,
    argnums: Argnums,
    has_aux: bool = False,
    within: Callable[..., Any] | None = None,
) -> Call:
    """Call f with nodes for the arguments at `argnums`, in the context within(arguments, trees)."""
    check_function(f)
    positions = positions_of(argnums, len(args))
    call, trees = list(args), None
    held = []  # the places of containers
    if not LEAVES.issuperset(map(type, args)):
        for i, x in enumerate(args):
            if is_container(x):
                held.append(i)
            else:
                call[i] = nodes_in_list(x)
        args = tuple(call)
    if held and not set(held).isdisjoint(positions):
        trees, arguments = _opened(args, positions)
        rest = iter([argument.node for argument in arguments])
        for i, tree in zip(positions, trees, strict=True):
            call[i] = next(rest) if tree is None else tree.build(rest)
    else:
        arrays = on_tensors(args) or (bool(RUNNING.derivatives) and _on_tensors_outside())
        arguments = [Argument(i, args[i], node_for(args[i], arrays, i)) for i in positions]
        for argument in arguments:
            call[argument.position] = argument.node
    records = RECORDING.enabled
    value = value_of if records else enable_grad(value_of)
    nodes = [x for a in arguments for x in a.nodes]
    with differentiating(nodes) as block:
        if within is None:
            y, result, aux = value(f, call, kwargs, has_aux)
        else:
            with within(arguments, trees):
                y, result, aux = value(f, call, kwargs, has_aux)
    if type(y) not in LEAVES and take_names(arguments, y):
        nodes = [x for a in arguments for x in a.nodes]
    return Call(f, y, arguments, nodes, records, block, trees, result, aux)


def _opened(args: Any, positions: Any) -> tuple[list[Tree | None], list[Argument]]:
    """The trees of the arguments at `positions`, None for one that is none; and all leaves."""
    trees: list[Tree | None] = []
    leaves: list[tuple[int, str, Any]] = []
    for i in positions:
        name = f"argument {i}"
        tree, given = opened(args[i], name) if is_container(args[i]) else (None, [args[i]])
        trees.append(tree)
        names = [name] if tree is None else tree.names
        leaves += [(i, name, x) for name, x in zip(names, given, strict=True)]
    others = [x for i, x in enumerate(args) if i not in positions]
    arrays = on_tensors((*others, *(x for _, _, x in leaves))) or _on_tensors_outside()
    return trees, [Argument(i, x, node_for(x, arrays, i, name)) for i, name, x in leaves]


def _on_tensors_outside() -> bool:
    """Whether a derivative around this one is taken of Tensors."""
    return any(isinstance(x, Tensor) for outer in RUNNING.derivatives for x in outer.nodes)


def detached(x: Any, like: Any = None) -> Any:
    """A node outside of any graph: its array, or a Python number unless `like` is an array."""
    if not getattr(x, "has_numbers", True):
        return x.detach()
    return np.array(to_numpy(x)) if x.ndim or isinstance(like, np.ndarray) else x.item()


def recorded_gradients(root: Any, wanted: list[Any], seed: Any = None) -> list[Any]:
    """The gradient of root for each node, as a node; None where root does not depend on it."""
    if not isinstance(root, Node):
        return [None] * len(wanted)  # a constant
    if not isinstance(seed, Node):
        seed = root.leaf(root.full(1.0) if seed is None else seed, requires_grad=False)
    if not root.has_numbers:  # names, written down
        found = gradients_by_name(root, seed, again=bool(RUNNING.derivatives))
        return [found.get(node) for node in wanted]
    if HOOKS:  # those elsewhere are not to be called; else most nodes are on the way
        return gradients_on_the_way(root, wanted, seed)
    found = adjoints(toposort(root), {root: seed})
    return [found.get(node) for node in wanted]


@dataclass
class Call:
    """A call of a function that is being differentiated, and what is known of its result.

    A derivative is plain, a number or an array, if all arguments were and it depends on no other
    leaf that requires a gradient: not on a parameter that f holds, nor on an argument of a
    derivative around this one.  Then nobody could differentiate it again, and nothing is recorded.
    Leaves that f makes for itself do not count (`other_leaves`).
    """

    f: Any
    y: Any  # the result; of a container a list of what is in it
    arguments: list[Argument]  # each leaf of a container is one
    nodes: list[Any]  # that stand for the arguments
    records: bool  # whether the caller's operations are recorded
    block: differentiating
    trees: list[Tree | None] | None  # how each argument is built, if one is a container
    result: Tree | None = None  # how the result is built
    aux: Any = None  # what f returned beside it
    alone: bool | None = None  # whether y depends on no other leaf; None: not known yet
    way: list[Any] | None = None  # what the result is made of, once tangents were pushed
    left: Sequence[Any] = ()  # results of forward mode that look like leaves
    reached: set[int] = field(default_factory=set)  # positions of arguments that y depends on

    def __post_init__(self) -> None:
        #: Whether all that was given is plain.
        self.plain = False not in [argument.plain for argument in self.arguments]

    # --- containers ---

    def each(self) -> list[Call]:
        """One such call for each leaf of the result."""
        if self.result is None:
            return [self]
        return [replace(self, y=y, result=None) for y in self.y]

    def as_result(self, found: Iterable[Any]) -> Any:
        """What was found for each leaf of the result, in a container like it."""
        return next(iter(found)) if self.result is None else self.result.build(found)

    def as_arguments(self, found: list[Any]) -> list[Any]:
        """What was found for each leaf of the arguments, in containers like those."""
        if self.trees is None:
            return found
        rest = iter(found)
        return [next(rest) if tree is None else tree.build(rest) for tree in self.trees]

    def values(self) -> Any:
        """f's value, plain if its gradient is."""
        return self.as_result([one.value() for one in self.each()])

    def given_aux(self) -> Any:
        """What f returned beside its result, nodes of the call as `value` gives them."""
        return mapped(lambda x: replace(self, y=x).value() if in_graph(x) else x, self.aux)

    # --- gradients ---

    def own(self) -> list[Any]:
        """The leaves made for this derivative, and for those that f took."""
        return [*self.nodes, *self.block.inside, *self.left]

    def gradients(self, root: Any, seed: Any = None) -> list[Any]:
        """The gradient of root, one element of the result, with respect to each argument.

        Or of the whole result, times `seed`: plain numbers of its shape and dtype.
        """
        found = recorded = None
        known = self.alone if root is self.y else None  # of y, not of a part or more
        if isinstance(root, Node) and (self.plain or not self.records) and known is not False:
            if ATTENTION.threads and RECORDING.watcher is not None:
                RECORDING.watcher.backward(toposort(root), root.full(1.0) if seed is None else seed)
            own = self.own() if self.records and known is None else None
            found = root.gradients(self.nodes, seed, alone=own)
            if own is not None:
                self.alone = found is not None
        if found is None:
            found = recorded = recorded_gradients(root, self.nodes, seed)
        gradients = [a.assemble(part) for a, part in self.parts(found)]
        if recorded is None and self.plain:
            return gradients
        return [self.given_back(g, a) for g, a in zip(gradients, self.arguments, strict=True)]

    def parts(self, found: list[Any]) -> list[tuple[Argument, list[Any]]]:
        """Each argument with its nodes' gradients; notes which arguments those have reached."""
        parts = []
        start = 0
        for argument in self.arguments:
            part = found[start : start + len(argument.nodes)]
            start += len(part)
            parts.append((argument, part))
            if [g for g in part if g is not None]:
                self.reached.add(argument.position)
        return parts

    def given_back(self, x: Any, argument: Argument) -> Any:
        """A gradient, or what is of its kind, as the caller wants it: plain, or a node."""
        if not argument.plain:
            return x if in_graph(x) and self.records else argument.constant(x)
        if not in_graph(x):
            return x
        if self.records and not self.alone and depends_on_others(x, self.own()):
            return x
        return detached(x, argument.given)

    def value(self) -> Any:
        """The result, or this leaf of it, plain if its gradient is."""
        if not in_graph(self.y):
            return self.y
        if not self.plain:
            if self.records:
                return self.y
            return self.y.leaf(requires_grad=False) if self.y.has_numbers else self.y.detach()
        return self.y if self.records and not self.is_alone() else detached(self.y)

    def is_alone(self) -> bool:
        """Whether the result depends on no leaf to be differentiated but the arguments'."""
        if self.alone is None:
            self.alone = not in_graph(self.y) or not depends_on_others(self.y, self.own())
        return self.alone

    # --- what f does not depend on ---

    def check_reached(self) -> None:
        """Say of which arguments f is independent: more often a mistake than meant.

        Quiet inside another derivative, where f itself took one of something that did depend on
        its argument (the second derivative of 3x is 0), and where there are no numbers.
        """
        if len(self.reached) == len(self.trees or self.arguments):
            return
        missed = [a.position for a in self.arguments if a.position not in self.reached]
        empty = not missed or any(np.size(a.node) == 0 for a in self.arguments)
        if empty or (self.block.inside and not self.block.constant_inside):
            return
        if RUNNING.derivatives:
            RUNNING.derivatives[-1].constant_inside = True  # it speaks, if its own result is too
            return
        missed = list(dict.fromkeys(missed))
        warn_caller(
            f"{name_of(self.f)} does not depend on argument {', '.join(map(str, missed))}: the "
            "derivative is zero (a number taken out, by .item() or .data, is a constant)"
        )

    def scalar(self) -> Any:
        """The result, which must be a single number."""
        y = self.y
        if self.result is not None:
            raise ValueError(
                f"grad needs a function with a single number as result, {name_of(self.f)} returned "
                f"a {type(self.result.like).__name__}: use jacobian or vjp, or has_aux=True where "
                "it is a pair of that number and something else"
            )
        shape = getattr(y, "shape", ())  # a plain number has none
        if math.prod(shape) != 1:
            raise ValueError(
                f"grad needs a function with a single number as result, "
                f"{name_of(self.f)} returned shape {shape}: use jacobian or vjp"
            )
        return y.flat[0] if isinstance(y, ValueArray) else y


def depends_on_others(x: Any, own: list[Any], *more: Any) -> bool:
    """Whether nodes, or those of an array, depend on a leaf to be differentiated besides `own`."""
    if not getattr(x, "has_numbers", True):
        return True  # nobody knows
    if isinstance(x, Node) and not more:
        return x.gradients((), alone=own) is None  # a walk at the speed of its tier
    seen: set[Any] = set()
    order: list[Any] = []
    roots = (x, *more) if more else ()
    for node in roots or x.flat:
        if isinstance(node, Node):
            visit(node, seen, order)
    del seen  # `other_leaves` counts who holds a node
    return other_leaves(order, own, *roots)
