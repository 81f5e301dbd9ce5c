"""Hooks on nodes: functions that see a node's gradient in backward, and may replace it.

A backward pass asks `HOOKS`, once, whether there are any at all; a graph with hooks in it is then
walked by `graph.adjoints`, which calls them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any
from weakref import finalize

import numpy as np

from .node import Node, to_numpy
from .restoring import Restoring

#: hook(gradient): what it returns, if not None, takes the gradient's place.
NodeHook = Callable[[Any], Any]


class _Hooks(dict[int, Any]):
    """The hooks of one node, in the order they were registered."""

    end: Any  # takes them out of `HOOKS` when the node ends: its id may be used again


#: The hooks of each node that has some, by its id.
HOOKS: dict[int, _Hooks] = {}

_handles = itertools.count()


class RemovableHandle(Restoring):
    """What registering a hook returns: `remove()` takes the hook away again; so does a `with`.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> with x.register_hook(lambda g: 10 * g):
    ...     (x * x).backward()
    >>> (x * x).backward()
    >>> x.grad
    66.0
    """

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self._key = next(_handles)

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)

    def restore(self, saved: Any) -> None:
        self.remove()


class _OfNode(RemovableHandle):
    """The handle of a hook on a node: with its last hook the node leaves `HOOKS`."""

    def __init__(self, node: Node) -> None:
        self._id = id(node)
        if self._id not in HOOKS:
            _keep(node, _Hooks())
        super().__init__(HOOKS[self._id])

    def remove(self) -> None:
        super().remove()
        if not self._hooks and HOOKS.get(self._id) is self._hooks:
            HOOKS.pop(self._id).end.detach()


def _keep(node: Any, hooks: _Hooks) -> None:
    HOOKS[id(node)] = hooks
    hooks.end = finalize(node, HOOKS.pop, id(node), None)
    hooks.end.atexit = False


def leave_hooks(x: Any, version: Any) -> None:
    """Leave the hooks on x, which is assigned to, with the version of it that they were put on."""
    hooks = HOOKS.pop(id(x), None)
    if hooks is not None:
        hooks.end.detach()
        _keep(version, hooks)


def drop_hooks_since(handle: int, nodes: Iterable[Any]) -> None:
    """Take away from nodes what hooks were registered after the handle of this number."""
    for hooks in filter(None, [HOOKS.get(id(x)) for x in nodes]):
        for later in [key for key in hooks if key > handle]:
            del hooks[later]


def next_handle() -> int:
    """A number between those of the hooks that there are, and of those to come."""
    return next(_handles)


def drop_hooks(x: Any) -> None:
    """Take all hooks away from a node."""
    hooks = HOOKS.pop(id(x), None)
    if hooks is not None:
        hooks.end.detach()


class Hookable:
    """What `Value` and `Tensor` have in common of hooks."""

    __slots__ = ()

    def register_hook(self: Any, hook: NodeHook) -> RemovableHandle:
        """Call `hook(gradient)` in each backward pass, with all of this node's gradient.

        It is called before the gradient is passed on or, of a leaf, added to `.grad`; what it
        returns, if not None, takes the gradient's place.  The gradient is a float or an `Array`,
        with `create_graph` a node.  Several hooks are called in the order they were registered.
        Copies and pickles have no hooks.  A hook lives as long as its node, which a hook that
        refers to the node prolongs: then `remove()` is needed.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            TypeError: hook is not callable.
            RuntimeError: no gradient flows here.

        >>> from engine import Value
        >>> x = Value(3.0)
        >>> handle = x.register_hook(lambda g: 10 * g)
        >>> (x * x).backward()
        >>> x.grad
        60.0
        """
        if not callable(hook):
            raise TypeError(f"hook must be callable, got {type(hook).__name__}")
        if not self.requires_grad:
            raise RuntimeError(
                f"register_hook() on a {type(self).__name__} that does not require a gradient"
            )
        handle = _OfNode(self)
        HOOKS[id(self)][handle._key] = hook
        return handle


def hooked_in(order: Iterable[Any]) -> bool:
    """Whether one of these nodes has a hook.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> handle = x.register_hook(print)
    >>> hooked_in([x]), hooked_in([Value(3.0)])
    (True, False)
    """
    return any(id(node) in HOOKS for node in order)


def hooked(node: Any, g: Any) -> Any:
    """The gradient of a node after its hooks; g itself, an array perhaps of others, is kept."""
    hooks = tuple(HOOKS.get(id(node), {}).values())
    if not hooks:
        return g
    shown = node.shown(g)
    for hook in hooks:
        given = hook(shown)
        if given is not None:
            shown = node.shown(_fitting(given, shown, node))
    return shown.view(np.ndarray) if isinstance(shown, np.ndarray) else shown


def _fitting(given: Any, g: Any, node: Any) -> Any:
    """What a hook returned in the place of g, of its kind."""
    if np.shape(given) != np.shape(g):
        name = f" {node.label!r}" if node.label else ""
        raise ValueError(
            f"a hook on {type(node).__name__}{name} must return a gradient of shape "
            f"{np.shape(g)}, got {np.shape(given)}"
        )
    if isinstance(g, Node):
        return given if isinstance(given, Node) else g.leaf(given, requires_grad=False)
    numbers = to_numpy(given)
    return np.asarray(numbers, g.dtype) if isinstance(g, np.ndarray) else float(numbers)
