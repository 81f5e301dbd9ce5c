"""`Module`: what every layer is made of, on either tier."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

from engine import NotOnLayers, Tensor, Value, ValueArray, to_numpy
from engine.arrays import friendly
from engine.looking import box

from .checks import instance_of
from .dtype_changes import DtypeChanges
from .hooks import Hookable, called
from .parameter import Parameter, forget_gradients, is_learned, leaves
from .postponed import is_postponed
from .state import IncompatibleKeys, load_into, places
from .tree import module_html
from .unregistered import SUSPECTS, may_hold, parts, warn_of_unregistered

_VALUES = (ValueArray, Value)  # a union in the call would be made each time
_SETTINGS = frozenset([bool, int, float, str])  # types of most attributes


class Module(Hookable, DtypeChanges, NotOnLayers):
    """Base of all layers and models: parameters, buffers and modules found by assignment.

    Define `forward`, call the module.  Written with engine functions and methods, `forward` runs
    on both tiers: on Tensors, and after `scalar()` on arrays of Values.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter([1.0, 3.0])
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> model = Scale()
    >>> model([1.0, 2.0]).data.tolist(), model.scalar()([1.0, 2.0]).values.tolist()
    ([1.0, 6.0], [1.0, 6.0])
    """

    # The values are ordinary attributes; these say which of them are what, in order.
    _parameters: dict[str, None]
    _buffers: dict[str, bool]  # whether it is part of the state
    _running: tuple[str, ...] = ()  # the buffers that gather statistics
    _modules: dict[str, None]
    _containers: frozenset[str] = frozenset()  # what may hold, or be, what nothing finds
    _any_containers = False  # whether there are such in any module: most programs have none
    training: bool

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        # here and not in __init__, so that a subclass need not call super().__init__()
        self = super().__new__(cls)
        vars(self).update(_parameters={}, _buffers={}, _modules={}, _hooks={}, training=True)
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} must define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return called(self, args, kwargs) if self._hooks else self.forward(*args, **kwargs)

    # --- registration ----------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._register(name, self._parameters)
            value.label = value.label or name
        elif isinstance(value, Module):
            if value._modules or value is self:
                self._check_no_circle(name, value)
            self._register(name, self._modules)
            for path, p in value._named("_parameters", ""):
                if isinstance(p, Parameter) and p.label == path:  # a name in it, not one of yours
                    p.label = f"{name}.{path}"
        elif value is not None and self._holds_another_kind(name, value):
            kind = "parameter" if name in self._parameters else "module"
            raise TypeError(
                f"{name!r} of {type(self).__name__} is a {kind}, it cannot become a "
                f"{type(value).__name__}: assign a {kind.capitalize()} or None, or delete it first"
            )
        elif name in self._parameters and isinstance(value, _VALUES):
            self._check_learnable(name, value)
        elif (
            type(value) not in _SETTINGS and isinstance(value, SUSPECTS) and may_hold(value, Module)
        ):
            object.__setattr__(self, "_containers", self._containers | {name})
            Module._any_containers = True
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for names in (self._parameters, self._buffers, self._modules):
            names.pop(name, None)

    def _register(self, name: str, kind: dict[str, None]) -> None:
        """Note what a name stands for from now on; one that is known keeps its place."""
        if name not in kind:
            for names in (self._parameters, self._buffers, self._modules):
                names.pop(name, None)
            kind[name] = None

    def _check_no_circle(self, name: str, value: Module) -> None:
        """Refuse a module that this one is a part of: nothing could walk the model any more."""
        if any(module is self for module in value.modules()):
            raise ValueError(
                f"{name!r} of {type(self).__name__} would put the {type(value).__name__} that it "
                f"is a part of into itself; to refer to it without making it a part, assign with "
                f"object.__setattr__(module, {name!r}, other)"
            )

    def _holds_another_kind(self, name: str, value: Any) -> bool:
        if isinstance(value, _VALUES):  # the parameters of a scalar model
            return name in self._modules
        return name in self._parameters or name in self._modules

    def _check_learnable(self, name: str, value: Any) -> None:
        """Refuse results in the place of a scalar model's parameter: they would never learn."""
        before = getattr(self, name)
        learns = before is not None and any(is_learned(x) for x in leaves(before))
        if learns and not all(is_learned(x) for x in leaves(value)):
            raise TypeError(
                f"{name!r} of {type(self).__name__} is a parameter, it cannot become a result of "
                f"operations: change it in place (with no_grad(): m.{name} -= …), or assign "
                "numbers to its data"
            )

    def register_buffer(self, name: str, array: Any, persistent: bool = True) -> None:
        """Keep an array that is not learned, such as a running mean, under `name`.

        Args:
            array: copied; of a Tensor an Array, with its methods.  None keeps the name for later.
            persistent: whether it is part of `state_dict`.

        Raises:
            ValueError: the name is taken, or is not an identifier.

        >>> import nn
        >>> model = nn.Module()
        >>> model.register_buffer("mean", [0.0, 1.0])
        >>> list(model.parameters()), list(model.state_dict())
        ([], ['mean'])
        """
        self._check_name("buffer", name, name in self._buffers)
        self._buffers[name] = persistent
        kept = None if array is None else np.array(array)
        object.__setattr__(self, name, friendly(kept) if isinstance(array, Tensor) else kept)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """`self.name = parameter`, for a name that is made up; None keeps the name for later.

        Raises:
            ValueError: the name is taken, or is not an identifier.
            TypeError: not a Parameter.
        """
        self._check_name("parameter", name, name in self._parameters)
        if parameter is not None and not isinstance(parameter, Parameter):
            raise TypeError(f"{name!r} must be a Parameter, got {type(parameter).__name__}")
        self._register(name, self._parameters)
        setattr(self, name, parameter)

    def add_module(self, name: str, module: Module) -> None:
        """`self.name = module`, for a name that is made up; digits will do.

        Raises:
            ValueError: the name is taken, or is neither an identifier nor a number.
            TypeError: not a Module.
        """
        if not name.isdecimal():
            self._check_name("module", name, name in self._modules)
        if not isinstance(module, Module):
            raise TypeError(f"{name!r} must be a Module, got {type(module).__name__}")
        setattr(self, name, module)

    def _check_name(self, kind: str, name: str, known: bool) -> None:
        """Check that something can be kept under `name`; one that is `known` can be replaced."""
        if not name.isidentifier():
            raise ValueError(f"name of a {kind} must be an identifier, got {name!r}")
        if hasattr(self, name) and not known:
            raise ValueError(f"{type(self).__name__} has an attribute {name!r} already")

    # --- walking the tree ------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules assigned to this one, with their names; those of Values in lists too."""
        for name in self._modules:
            child = getattr(self, name)
            if child is not None:
                yield name, child
        if self._containers:
            for name, part in parts(self, Module):
                if isinstance(part, Module):
                    yield name, part

    def children(self) -> Iterator[Module]:
        """The modules assigned to this one."""
        return (child for _, child in self.named_children())

    def _walk(
        self, prefix: str = "", holders: Any = None, above: tuple[Module, ...] = ()
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, as often as each is used; those with lists in `holders`."""
        yield prefix, self
        if self._containers:
            above += (self,)
            if holders is not None:
                holders.append((prefix, self))
        for name, child in self.named_children():
            if not above or child not in above:  # lists of modules may hold one another
                yield from child._walk(f"{prefix}.{name}" if prefix else name, holders, above)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (named "") and all below it, each once."""
        return _each_once(self._walk(prefix))

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, path: str) -> Module:
        """The module of that name in `named_modules()`.

        Raises:
            AttributeError: there is none.

        >>> from nn import ReLU, Sequential
        >>> Sequential(Sequential(ReLU())).get_submodule("0.0")
        ReLU()
        """
        module = self
        for name in path.split(".") if path else ():
            if name not in module._modules or getattr(module, name) is None:
                raise AttributeError(f"{type(module).__name__} has no module {name!r} of {path!r}")
            module = getattr(module, name)
        return module

    def _named(self, kind: str, prefix: str) -> Iterator[tuple[str, Any]]:
        """The parameters or the buffers of all modules, each once, with their names."""
        holders: list[tuple[str, Module]] = []
        named: Iterator[tuple[str, Any]] = (
            (f"{path}.{name}" if path else name, getattr(module, name))
            for path, module in self._walk(prefix, holders)
            for name in getattr(module, kind)
            if getattr(module, name) is not None
        )
        if Module._any_containers and kind == "_parameters":
            named = _and_values(named, holders)
        return _each_once(named)

    def _all_parameters(self) -> Iterator[Any]:
        return (parameter for _, parameter in self._named("_parameters", ""))

    def _warn_of_unregistered(self) -> None:
        if Module._any_containers:
            warn_of_unregistered(self, Module)

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Each parameter once, as ("layers.0.weight", parameter); ValueArrays in a scalar model.

        >>> import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> [(name, p.shape) for name, p in model.named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,))]
        """
        self._warn_of_unregistered()
        return self._named("_parameters", prefix)

    def parameters(self) -> Iterator[Any]:
        """Each parameter once: what an optimizer takes."""
        self._warn_of_unregistered()
        return self._all_parameters()

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
        """Each buffer, with its name."""
        return self._named("_buffers", prefix)

    def buffers(self) -> Iterator[np.ndarray]:
        """Each buffer."""
        return (buffer for _, buffer in self.named_buffers())

    # --- acting on the whole tree ----------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set training mode (dropout drops, batch norm looks at the batch) here and below."""
        instance_of(bool, mode=mode)
        self._warn_of_unregistered()
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Leave training mode, here and below.

        >>> import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5)).eval()
        >>> [module.training for module in model.modules()]
        [False, False, False]
        """
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter; set_to_none=False makes it zeros instead."""
        if not is_postponed(self.zero_grad, set_to_none):
            forget_gradients(self._all_parameters(), set_to_none)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say for every parameter whether it collects a gradient: False freezes them.

        >>> import nn
        >>> layer = nn.Linear(2, 3).requires_grad_(False)
        >>> layer([1.0, 2.0]).requires_grad
        False
        """
        for parameter in self._all_parameters():
            for leaf in leaves(parameter):
                leaf.requires_grad = requires_grad
        return self

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` on every module, children before parents, this one last.

        >>> import nn
        >>> def zero_bias(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.bias)
        >>> nn.Sequential(nn.Linear(2, 2), nn.ReLU()).apply(zero_bias)[0].bias.tolist()
        [0.0, 0.0]
        """
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def scalar(self) -> Self:
        """A copy on the scalar tier: each parameter an array of Values with the same weights.

        The same forward code runs on it, number by number; give it plain arrays.  Values are
        labelled `layers.0.weight[1,2]`.  Buffers stay arrays: nothing is learned there.

        Raises:
            TypeError: this is a scalar model already.

        >>> import nn
        >>> type(nn.Linear(2, 1).scalar()([1.0, 2.0])).__name__
        'ValueArray'
        """
        memo: dict[int, Any] = {}  # what deepcopy finds here it does not copy
        for name, p in self._named("_parameters", ""):
            if not isinstance(p, Parameter):
                raise TypeError(f"{name} is a {type(p).__name__}: this is a scalar model already")
            memo[id(p)] = box(p.data, p.label or name, p.requires_grad)
        return copy.deepcopy(self, memo)

    # --- state -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, np.ndarray]:
        """All parameters and buffers as Arrays of plain numbers (copies), by PyTorch's names.

        >>> import nn
        >>> {name: array.shape for name, array in nn.Linear(2, 3).state_dict().items()}
        {'weight': (3, 2), 'bias': (3,)}
        """
        self._warn_of_unregistered()
        found = places(self).items()
        return {key: friendly(np.array(to_numpy(place.own))) for key, place in found}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Take over parameters and buffers from `state_dict()`, of this library or PyTorch.

        Args:
            state: arrays (or what `np.asarray` takes) by name.
            strict: refuse missing and unexpected names; False passes over them.

        Returns:
            The names passed over: `missing_keys` and `unexpected_keys`.

        Raises:
            TypeError: state is not a mapping.
            ValueError: names or shapes do not fit, or something is not numeric.  All problems
                are listed, and nothing has been loaded.

        >>> import nn
        >>> a, b = nn.Linear(2, 3, rng=0), nn.Linear(2, 3, rng=1)
        >>> b.load_state_dict(a.state_dict())
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> bool((a.weight == b.weight).all())
        True
        """
        return load_into(self, state, strict)

    # --- text ------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of the repr."""
        return ""

    def __repr__(self) -> str:
        own = [(n, p) for n in self._parameters if (p := getattr(self, n)) is not None]
        count = sum(int(np.size(p)) for p in self._all_parameters())
        shapes = ", ".join(f"{n} {'×'.join(map(str, p.shape)) or '0-d'}" for n, p in own)
        note = f"  # {shapes}: {count:,} parameters" if own else ""
        children = list(self.named_children())
        if not children:
            return f"{type(self).__name__}({self.extra_repr()}){note}"
        lines = [self.extra_repr()] if self.extra_repr() else []
        lines += [f"({name}): {child!r}" for name, child in children]
        inside = "".join("  " + line + "\n" for line in "\n".join(lines).split("\n"))
        note = note or f"  # {count:,} parameters"
        return f"{type(self).__name__}(\n{inside}){note}"

    def _repr_html_(self) -> str:
        """What a notebook shows: the tree of modules, to be opened and closed."""
        return module_html(self)


def _and_values(
    named: Iterator[tuple[str, Any]], holders: list[tuple[str, Module]]
) -> Iterator[tuple[str, Any]]:
    """Named parameters, and then what else is learned in lists of the holders: Values."""
    known = []
    for name, parameter in named:
        yield name, parameter
        known.append(parameter)
    if holders:  # there are, when all have been walked
        learned = {id(x) for parameter in known for x in leaves(parameter)}
        for path, module in holders:
            for name, x in parts(module, Module):
                if not isinstance(x, Module) and id(x) not in learned:
                    yield f"{path}.{name}" if path else name, x


def _each_once(pairs: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Named things without those that were named before."""
    seen: set[int] = set()
    for name, thing in pairs:
        if id(thing) not in seen:
            seen.add(id(thing))
            yield name, thing
