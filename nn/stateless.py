"""`functional_call`: a module as a function of its parameters, to be differentiated by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import Restoring, nearest

from .module import Module
from .state import Place, places


def functional_call(
    module: Module,
    parameters: Mapping[str, Any],
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """`module(*args, **kwargs)`, with others in the place of its parameters and buffers.

    PyTorch's, of `torch.func`: so `grad` and `vmap` take a module by its parameters.  What is
    checkpointed inside the module is run again when they are its own again, which is an error:
    checkpoint the function that calls this.

    Args:
        parameters: by their names in `named_parameters()`, nodes or arrays; others stay.
        args: a tuple of arguments, or one that is none.

    Raises:
        ValueError: the module has no parameter of a name, it has another shape, or two are given
            for one that is shared.

    >>> from engine import grad, vmap
    >>> from nn import Linear
    >>> model, x = Linear(2, 1, rng=0), np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> loss = lambda weights, row: functional_call(model, weights, row).sum()
    >>> weights = dict(model.named_parameters())
    >>> each = vmap(grad(loss), in_axes=(None, 0))(weights, x)
    >>> {name: gradient.tolist() for name, gradient in each.items()}
    {'weight': [[[1.0, 2.0]], [[3.0, 4.0]]], 'bias': [[1.0], [1.0]]}
    """
    known = places(module)
    for name, x in parameters.items():
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean {near}?" if near else ""
            raise ValueError(f"{type(module).__name__} has no parameter {name!r}{hint}")
        if np.shape(x) != np.shape(known[name].own):
            raise ValueError(
                f"{name} must have shape {np.shape(known[name].own)}, got {np.shape(x)}"
            )
    with _Replaced(module, known, parameters):
        return module(*(args if type(args) is tuple else (args,)), **(kwargs or {}))


class _Replaced(Restoring):
    """Block in which a module has other parameters; one that is in several places, in all."""

    def __init__(
        self, module: Module, known: dict[str, Place], parameters: Mapping[str, Any]
    ) -> None:
        new: dict[int, tuple[str, Any]] = {}
        for name, x in parameters.items():
            other, known_x = new.setdefault(id(known[name].own), (name, x))
            if known_x is not x:
                raise ValueError(f"{other} and {name} are one parameter: give it once")
        self.changes = [
            (part, name, new[id(own)][1])
            for part in module.modules()
            for name in (*part._parameters, *part._buffers)
            if id(own := getattr(part, name)) in new
        ]
        held = {id(getattr(part, name)) for part, name, _ in self.changes}
        for key, (name, _) in new.items():
            if key not in held:
                raise ValueError(f"{name} is held in a list, and cannot be replaced for a call")

    def saved(self) -> Any:
        return [(part, name, getattr(part, name)) for part, name, _ in self.changes]

    def change(self) -> None:
        self.restore(self.changes)

    def restore(self, saved: Any) -> None:
        for part, name, x in saved:
            object.__setattr__(part, name, x)
