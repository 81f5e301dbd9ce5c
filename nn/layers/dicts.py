"""Modules and parameters by name: `ModuleDict`, `ParameterDict`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, Self

from ..module import Module
from .containers import as_parameter

#: What a dict can be made of: a mapping, or pairs of key and value.
Pairs = Mapping[str, Any] | Iterable[tuple[str, Any]]


class _Dict(Module):
    """A dict whose values are attributes of this module, under their keys."""

    _kind: str  # under what name a module keeps them: "_modules" or "_parameters"
    _checked: Any  # of a key and a value: the value, of the right kind, or a TypeError

    def _names(self) -> dict[str, None]:
        """The keys, in order."""
        names: dict[str, None] = vars(self)[self._kind]
        return names

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or not key or "." in key:
            raise ValueError(f"a key of {type(self).__name__} must be a name, got {key!r:.60}")
        if key not in self._names() and hasattr(self, key):
            raise ValueError(f"{type(self).__name__} has an attribute {key!r} already")
        setattr(self, key, self._checked(key, value))

    def __getitem__(self, key: str) -> Any:
        if key not in self._names():
            raise KeyError(key)
        return getattr(self, key)

    def __delitem__(self, key: str) -> None:
        if key not in self._names():
            raise KeyError(key)
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __contains__(self, key: Any) -> bool:
        return key in self._names()

    def keys(self) -> KeysView[str]:
        """The keys, in order."""
        return self._names().keys()

    def values(self) -> list[Any]:
        """What is held, in order."""
        return [getattr(self, key) for key in self._names()]

    def items(self) -> list[tuple[str, Any]]:
        """Pairs of key and value, in order."""
        return [(key, getattr(self, key)) for key in self._names()]

    def pop(self, key: str) -> Any:
        """Take out a value and return it.

        Raises:
            KeyError: there is none.
        """
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self._names()):
            delattr(self, key)

    def update(self, values: Pairs) -> Self:
        """Take over values from a mapping, or from pairs of key and value; returns this."""
        pairs = values.items() if isinstance(values, Mapping | _Dict) else values
        for key, value in pairs:
            self[key] = value
        return self


class ModuleDict(_Dict):
    """A dict whose modules are found by `parameters()`; a plain dict's are not.

    Each is an attribute too: `model["head"]` is `model.head`.

    Raises:
        TypeError: a value is not a Module.
        ValueError: a key is no name, or that of an attribute.

    >>> from nn import Linear, ReLU
    >>> model = ModuleDict({"body": Linear(2, 3, rng=0), "act": ReLU()})
    >>> list(model), model["act"] is model.act, [name for name, _ in model.named_parameters()]
    (['body', 'act'], True, ['body.weight', 'body.bias'])
    """

    _kind = "_modules"

    def __init__(self, modules: Pairs | None = None) -> None:
        self.update(modules or {})

    def _checked(self, key: str, value: Any) -> Any:
        if not isinstance(value, Module):
            raise TypeError(
                f"ModuleDict holds Modules, {key!r} is a {type(value).__name__}: {value!r:.60}"
            )
        return value


class ParameterDict(_Dict):
    """A dict whose parameters are found by `parameters()`; a plain dict's are not.

    A Tensor that is no result of operations is made a Parameter, as in PyTorch.

    Raises:
        TypeError: a value is neither.
        ValueError: a key is no name, or that of an attribute.

    >>> from nn import Parameter
    >>> weights = ParameterDict({"w": Parameter([1.0, 2.0]), "b": Parameter([3.0])})
    >>> weights["w"].tolist(), len(list(weights.parameters()))
    ([1.0, 2.0], 2)
    """

    _kind = "_parameters"

    def __init__(self, parameters: Pairs | None = None) -> None:
        self.update(parameters or {})

    def _checked(self, key: str, value: Any) -> Any:
        return as_parameter(value, f"ParameterDict holds Parameters, {key!r}")
