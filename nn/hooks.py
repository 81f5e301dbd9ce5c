"""Hooks on modules: functions called before and after forward, and with a module's gradients.

A hook on gradients is one on nodes: what goes into the module and what comes out of it pass
through a node each, `identity` for one Tensor, and what joins them for several, so that all their
gradients are known at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine import (
    RemovableHandle as RemovableHandle,
    Tensor,
    Value,
    ValueArray,
    cast,
    concatenate,
    identity,
    ravel,
    reshape,
)

from .postponed import refuse_while_traced

#: hook(module, args, output): called after forward; what it returns replaces the output.
Hook = Callable[[Any, tuple[Any, ...], Any], Any]


class _Before(NamedTuple):
    """hook(module, args): called before forward; what it returns replaces the arguments."""

    hook: Callable[..., Any]


class _Backward(NamedTuple):
    """hook(module, grad_input, grad_output): what it returns replaces the first."""

    hook: Callable[..., Any]


class _BeforeBackward(NamedTuple):
    """hook(module, grad_output): what it returns replaces grad_output."""

    hook: Callable[..., Any]


class Hookable:
    """What a Module has of hooks; those after forward are in `_hooks` as they are."""

    _hooks: dict[int, Any]

    def register_forward_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, args, output)` after each forward; not None replaces the output.

        >>> import nn
        >>> layer = nn.Linear(2, 3)
        >>> with layer.register_forward_hook(lambda module, args, output: print(output.shape)):
        ...     y = layer([1.0, 2.0])
        (3,)
        """
        return self._register_hook(hook, None)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, args)` before each forward; not None replaces the arguments."""
        return self._register_hook(hook, _Before)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` in backward, when both are known.

        They are tuples: the gradients of the Tensors among the arguments given by position, and
        of those that the module returned, None for anything else.  A tuple that the hook returns
        takes the place of grad_input.  On a scalar model it is an error.

        >>> import nn
        >>> layer = nn.Linear(2, 1)
        >>> handle = layer.register_full_backward_hook(lambda module, g_in, g_out: print(g_out))
        >>> layer([1.0, 2.0]).sum().backward()
        (array([1.]),)
        """
        return self._register_hook(hook, _Backward)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, grad_output)` first in backward; a tuple replaces grad_output."""
        return self._register_hook(hook, _BeforeBackward)

    def _register_hook(self, hook: Any, kind: Any) -> RemovableHandle:
        if not callable(hook):
            raise TypeError(f"hook must be callable, got {type(hook).__name__}")
        handle = RemovableHandle(self._hooks)
        self._hooks[handle._key] = hook if kind is None else kind(hook)
        return handle


def called(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a module that has hooks."""
    refuse_while_traced(
        f"hooks of a {type(module).__name__}",
        "it calls none: remove them, or call the model without compile "
        "(viz.History(activations=False) registers none)",
    )
    hooks = _of_kind(module, _Before)
    for hook in hooks:
        changed = hook(module, args)
        if changed is not None:
            args = changed if isinstance(changed, tuple) else (changed,)
    gradients = _Gradients(module) if _of_kind(module, _Backward, _BeforeBackward) else None
    inside = args if gradients is None else gradients.enter(args)
    y = module.forward(*inside, **kwargs)
    for hook in tuple(module._hooks.values()):
        if not isinstance(hook, _Before | _Backward | _BeforeBackward):
            changed = hook(module, args, y)
            y = y if changed is None else changed
    return y if gradients is None else gradients.leave(y)


def _of_kind(module: Any, *kinds: Any) -> list[Any]:
    return [one.hook for one in module._hooks.values() if isinstance(one, kinds)]


class _Gradients:
    """What hooks are shown of one call's gradients; it refers to none of the call's nodes."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.grad_output: tuple[Any, ...] = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, with a node between them and the module."""
        self.inputs, inside = _joined(args, self.on_inputs)
        return tuple(inside)

    def leave(self, y: Any) -> Any:
        """What the module returns, with a node between it and the caller."""
        several = isinstance(y, tuple | list)
        self.outputs, outside = _joined(y if several else (y,), self.on_outputs)
        if not several:
            return outside[0]
        return y._make(outside) if hasattr(y, "_make") else type(y)(outside)

    def on_outputs(self, g: Any) -> Any:
        """All of grad_output is known: before the module's backward."""
        grads = self.outputs.split(g)
        for hook in _of_kind(self.module, _BeforeBackward):
            grads = self.outputs.checked(hook(self.module, grads), grads)
        self.grad_output = grads
        if not self.inputs.places:  # nothing below will tell when the rest is done
            self._call((None,) * self.inputs.size)
        return self.outputs.join(grads, g)

    def on_inputs(self, g: Any) -> Any:
        """All of grad_input is known: after the module's backward."""
        return self.inputs.join(self._call(self.inputs.split(g)), g)

    def _call(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in _of_kind(self.module, _Backward):
            grads = self.inputs.checked(hook(self.module, grads, self.grad_output), grads)
        return grads


def _joined(xs: Sequence[Any], hook: Any) -> tuple[_Pieces, list[Any]]:
    """Things with a node behind those that require a gradient; `hook` gets the whole of theirs."""
    for x in xs:
        if isinstance(x, Value | ValueArray):
            raise TypeError(
                "backward hooks of a module are for Tensors: of a scalar model's Values each has "
                "register_hook()"
            )
    places = [i for i, x in enumerate(xs) if isinstance(x, Tensor) and x.requires_grad]
    pieces = _Pieces(len(xs), places, [xs[i].shape for i in places])
    ys = list(xs)
    if len(places) == 1:
        node = ys[places[0]] = identity(xs[places[0]])
        nodes = [node] if node.requires_grad else []  # no, where nothing is recorded
    else:
        nodes = [concatenate([ravel(xs[i]) for i in places])] if places else []
        nodes = [node for node in nodes if node.requires_grad]
        for i, part in zip(places, pieces.cut(nodes[0]) if nodes else (), strict=False):
            ys[i] = part if part.dtype == xs[i].dtype else cast(part, xs[i].dtype)
    for node in nodes:
        node.register_hook(hook)
    return pieces, ys


class _Pieces(NamedTuple):
    """Where in a tuple Tensors are, and their shapes, to take their joined gradient apart."""

    size: int
    places: list[int]
    shapes: list[tuple[int, ...]]

    def cut(self, whole: Any) -> list[Any]:
        """The pieces of what was joined."""
        if len(self.shapes) == 1:
            return [whole]
        ends = itertools.accumulate([int(np.prod(shape)) for shape in self.shapes], initial=0)
        return [
            reshape(whole[start:end], shape)
            for (start, end), shape in zip(itertools.pairwise(ends), self.shapes, strict=True)
        ]

    def split(self, g: Any) -> tuple[Any, ...]:
        """A joined gradient as the tuple that hooks are shown."""
        grads: list[Any] = [None] * self.size
        for i, part in zip(self.places, self.cut(g), strict=True):
            grads[i] = part
        return tuple(grads)

    def join(self, grads: tuple[Any, ...], like: Any) -> Any:
        """The opposite of `split`."""
        parts = [grads[i] for i in self.places]
        return parts[0] if len(parts) == 1 else concatenate([ravel(part) for part in parts])

    def checked(self, given: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a hook returned in the place of gradients, if anything."""
        if given is None:
            return grads
        given = given if isinstance(given, tuple) else (given,)
        if [np.shape(g) for g in given] != [np.shape(g) for g in grads]:
            raise ValueError(
                f"a backward hook must return gradients of shapes {list(map(np.shape, grads))}, "
                f"got {list(map(np.shape, given))}"
            )
        return given
