"""Modules made of modules: Sequential, ModuleList, Residual, MLP; and ParameterList."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self

import engine
from engine import Tensor

from ..checks import as_array, at_least, instance_of
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator
from .in_groups import chained, in_groups
from .linear import Linear


class ModuleList(Module):
    """A list whose modules are found by `parameters()`; a plain list's are not.

    >>> layers = ModuleList([Linear(2, 3, rng=0), Linear(3, 1, rng=0)])
    >>> len(layers), [name for name, _ in layers.named_parameters()][0]
    (2, '0.weight')
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end; returns this."""
        self._check(len(self), module)
        name = len(self)
        while str(name) in self._modules:  # a slice of a Sequential keeps its names
            name += 1
        setattr(self, str(name), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add modules at the end; returns this."""
        for module in modules:
            self.append(module)
        return self

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        self.extend(modules)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter([m for name in self._modules if (m := getattr(self, name)) is not None])

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._part(list(self.named_children())[index])
        return getattr(self, self._name(index))

    def __setitem__(self, index: int, module: Module) -> None:
        name = self._name(index)
        self._check(index, module)
        setattr(self, name, module)

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self)
        if not isinstance(index, slice):
            self._name(index)  # raises if it is out of range
        del kept[index]
        self._renew(kept)

    def insert(self, index: int, module: Module) -> ModuleList:
        """Put a module before that at `index`, and number all anew; returns this."""
        self._check(index, module)
        modules = list(self)
        modules.insert(index, module)
        self._renew(modules)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take out a module, and number the others anew."""
        module = getattr(self, self._name(index))
        del self[index]
        return module

    def _name(self, index: int) -> str:
        """Under what name the module at `index` is kept."""
        try:
            return list(self._modules)[index]
        except IndexError:
            raise IndexError(f"index {index} is out of range for {len(self)} modules") from None

    def _check(self, index: Any, module: Any) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__} holds Modules, element {index} is a "
                f"{type(module).__name__}: {module!r:.60}"
            )

    def _renew(self, modules: list[Module]) -> None:
        """Hold these modules, named 0, 1, …; parameters labelled by an old name get the new one."""
        before = {id(module): name for name, module in self.named_children()}
        for name in list(self._modules):
            delattr(self, name)
        for i, module in enumerate(modules):
            for name, parameter in module.named_parameters():
                old = f"{before.get(id(module))}.{name}"
                if isinstance(parameter, Parameter) and f".{parameter.label}".endswith(f".{old}"):
                    path = parameter.label.removesuffix(old)
                    parameter.label = f"{path}{i}.{name}"
            setattr(self, str(i), module)

    def _part(self, named: list[tuple[str, Module]]) -> ModuleList:
        """What a slice gives: modules that stay in this list too."""
        return type(self)([module for _, module in named])


class ParameterList(Module):
    """A list whose parameters are found by `parameters()`; a plain list's are not.

    A Tensor that is no result of operations is made a Parameter, as in PyTorch.

    Raises:
        TypeError: an element is neither.

    >>> weights = ParameterList([Parameter([1.0, 2.0]), Parameter([3.0])])
    >>> len(weights), [name for name, _ in weights.named_parameters()]
    (2, ['0', '1'])
    """

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        self.extend(values or ())

    def append(self, value: Tensor) -> ParameterList:
        """Add a parameter at the end; returns this."""
        self._put(len(self), value)
        return self

    def extend(self, values: Iterable[Tensor]) -> ParameterList:
        """Add parameters at the end; returns this."""
        for value in values:
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Tensor]) -> Self:
        self.extend(values)
        return self

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, name) for name in self._parameters])

    def __getitem__(self, index: int | slice) -> Any:
        found = list(self)[index]
        return ParameterList(found) if isinstance(index, slice) else found

    def __setitem__(self, index: int, value: Tensor) -> None:
        self._put(range(len(self))[index], value)  # raises if it is out of range

    def _put(self, place: int, value: Any) -> None:
        value = as_parameter(value, f"ParameterList holds Parameters, element {place}")
        setattr(self, str(place), value)


def as_parameter(value: Any, said: str) -> Parameter:
    """value itself if it is a Parameter; one with the numbers of a Tensor that is a leaf.

    Raises:
        TypeError: it is neither; `said` says what was given, and where.
    """
    if isinstance(value, Tensor) and value.is_leaf:
        return value if isinstance(value, Parameter) else Parameter(value)
    what = "result of operations, which would not learn" if isinstance(value, Tensor) else ""
    raise TypeError(f"{said} is a {what or type(value).__name__}: {value!r:.60}")


class Sequential(ModuleList):
    """Modules one after another, each given the result of the one before.

    They are named 0, 1, …; or as in a dict of modules, if that is the only argument.

    Args:
        modules: in order.
        checkpoint: run so many at a time by `engine.checkpoint`: a graph keeps only what goes into
            each group, and backward runs the group again.  Least memory is taken with about the
            square root of their number, which makes 6 groups of 6 of 36, for a second forward pass;
            gradients are the same, bit for bit.  None (default) keeps everything.

    Raises:
        TypeError: an argument is not a Module; or checkpoint is not an int.
        ValueError: checkpoint is below 1.

    >>> model = Sequential(Linear(2, 8, rng=0), Linear(8, 1, rng=0))
    >>> model([1.0, 2.0]).shape
    (1,)
    """

    checkpoint: int | None = None

    def __init__(
        self, *modules: Module | Mapping[str, Module], checkpoint: int | None = None
    ) -> None:
        if checkpoint is not None:
            at_least(1, checkpoint=checkpoint)
        self.checkpoint = checkpoint
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            super().__init__(modules)  # type: ignore[arg-type]  # append checks each of them

    def forward(self, x: Any) -> Any:
        """The last module's result."""
        modules = [getattr(self, name) for name in self._modules]
        if self.checkpoint is None:
            return chained(modules, x)
        return in_groups(modules, self.checkpoint, x, type(self).__name__)

    def _part(self, named: list[tuple[str, Module]]) -> ModuleList:
        part = type(self)(dict(named))  # under the names they have here, as in PyTorch
        part.checkpoint = self.checkpoint
        return part


class Residual(Module):
    """x + module(x): the input by a second way.

    Raises:
        TypeError: module is not a Module.
        ValueError: in the call, module changes the shape.

    >>> import nn
    >>> Residual(nn.Tanh())([0.0, 1000.0]).tolist()
    [0.0, 1001.0]
    """

    def __init__(self, module: Module) -> None:
        instance_of(Module, module=module)
        self.module = module

    def forward(self, x: Any) -> Any:
        """Same shape as x."""
        x = as_array(x)
        y = self.module(x)
        if y.shape != x.shape:
            raise ValueError(
                f"Residual adds its input to {type(self.module).__name__}'s result, "
                f"but the shapes differ: {x.shape} and {y.shape}"
            )
        return x + y


class MLP(Module):
    """Linear layers with an activation between them: `MLP([2, 16, 16, 1])`.

    Args:
        sizes: inputs, hidden layers, outputs; at least two.
        activation: a function, a Module, or a class of Modules; not applied to the output.
        rng: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: fewer than two sizes, or one below 1.
        TypeError: sizes is one number; or activation cannot be called.

    >>> model = MLP([2, 16, 16, 1], rng=0)
    >>> sum(p.size for p in model.parameters()), model([[1.0, 2.0]]).shape
    (337, (1, 1))
    """

    def __init__(
        self,
        sizes: Iterable[int],
        activation: Callable[..., Any] = engine.relu,
        rng: Rng = None,
    ) -> None:
        if isinstance(sizes, int):  # MLP(2, [16, 16, 1])
            raise TypeError(
                f"sizes must be a list, [{sizes}, …]; micrograd's MLP({sizes}, …) is nn.scalar.MLP"
            )
        sizes = list(sizes)
        if len(sizes) < 2:
            raise ValueError(f"sizes must name inputs and outputs at least, got {sizes}")
        for i, size in enumerate(sizes):
            at_least(1, **{f"sizes[{i}]": size})
        if not callable(activation):
            raise TypeError(f"activation must be a function or a Module, got {activation!r:.60}")
        rng = generator(rng)
        self.layers = ModuleList(Linear(n, m, rng=rng) for n, m in itertools.pairwise(sizes))
        self.activation = activation() if isinstance(activation, type) else activation

    def forward(self, x: Any) -> Any:
        """Shape (…, sizes[0]) to (…, sizes[-1])."""
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
