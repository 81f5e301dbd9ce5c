"""Names that PyTorch, NumPy or a textbook has and twingrad has not: what to write in their place.

An attribute that is not there is an AttributeError that says so.  On modules `__getattr__` raises
it; on `Tensor`, where that would make every attribute half as fast, an `Absent` stands for each
name that programs are known to ask for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from inspect import getattr_static
from types import ModuleType
from typing import Any, NoReturn

from .numpy_protocol import MEANINGS
from .other_names import OF_LAYERS, OF_MODULES, OF_TENSORS, TEXTBOOKS

_IN_PLACE = "write x = x.{0}(…); or x.data = x.data.{0}(…), for a leaf"

#: Where else a name may stand.
_PLACES = ("engine", "engine.linalg", "nn.functional", "nn", "nn.optim")


def no_attribute(
    owner: str, name: str, names: Iterable[str] = (), ways: dict[str, str] | None = None
) -> AttributeError:
    """The error for an attribute that is not there: what to write instead, or what is near.

    Args:
        owner: whose it is not, as a text such as "module 'nn'".
        name: the attribute.
        names: those that there are.
        ways: what is known of the owner's kind; default `OF_MODULES`.

    >>> str(no_attribute("module 'nn'", "linaer", ["linear", "relu"]))
    "module 'nn' has no attribute 'linaer'; did you mean linear?"
    """
    message = f"{owner} has no attribute {name!r}"
    if name.startswith("_"):  # what protocols ask for, not people
        return AttributeError(message)
    way = (ways or OF_MODULES).get(name) or OF_TENSORS.get(name) or _place(name)
    if not way and name.endswith("_") and _is_method(name[:-1]):
        way = _IN_PLACE.format(name[:-1])
    if way:
        return AttributeError(f"{message}: {way}")
    near = nearest(name, names)
    return AttributeError(message + (f"; did you mean {near}?" if near else ""))


def nearest(name: str, names: Iterable[str]) -> str:
    """Which of some names is meant by another; "" if none is near.

    >>> nearest("ln", ["log", "tanh"]), nearest("tahn", ["log", "tanh"]), nearest("Relu", ["ReLU"])
    ('log', 'tanh', 'ReLU')
    """
    names = list(names)
    if TEXTBOOKS.get(name) in names:
        return TEXTBOOKS[name]
    for other in names:
        if other.lower() == name.lower():
            return other
    return next(iter(get_close_matches(name, names, 1, 0.65)), "")


def _place(name: str) -> str:
    for place in _PLACES:
        if place in sys.modules and name in public(sys.modules[place]):
            return f"write {place}.{name}"
    if _is_method(name):
        return f"write x.{name}, of a Tensor x"
    return f"write np.{name}, which takes Tensors" if f"np.{name}" in MEANINGS else ""


def _is_method(name: str) -> bool:
    """Whether Tensors have it."""
    tensor = vars(sys.modules["engine"]).get("Tensor")  # it is made after this
    here = getattr_static(tensor, name, None)
    return here is not None and not isinstance(here, Absent)


def public(module: ModuleType) -> list[str]:
    """The names in a module that are meant for others: no modules, nothing private."""
    return [
        name
        for name, x in vars(module).items()
        if not name.startswith("_") and not isinstance(x, ModuleType)
    ]


def answer_in(*modules: ModuleType) -> None:
    """Have modules say of a name that they have not what to write; mypy sees it as before.

    >>> from types import ModuleType
    >>> room = ModuleType("room")
    >>> room.lamp = "lit"
    >>> answer_in(room)
    >>> room.lapm
    Traceback (most recent call last):
    AttributeError: module 'room' has no attribute 'lapm'; did you mean lamp?
    """

    def answer(module: ModuleType) -> Callable[[str], NoReturn]:
        def __getattr__(name: str) -> NoReturn:
            raise no_attribute(f"module {module.__name__!r}", name, public(module))

        return __getattr__

    for module in modules:
        vars(module)["__getattr__"] = answer(module)


class Absent:
    """In the place of an attribute: `hasattr` says that it is not there, asking what to write."""

    __slots__ = ("name", "ways")

    def __init__(self, name: str, ways: dict[str, str]) -> None:
        self.name, self.ways = name, ways

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise no_attribute(f"{owner.__name__!r} object", self.name, dir(owner), self.ways)


class _Without:
    """A base that has nothing, and does not list it."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        own = type(self)
        return [
            name
            for name in super().__dir__()
            if not isinstance(getattr_static(own, name, None), Absent)
        ]


class NotOnTensors(_Without):
    """What programs ask Tensors for in vain."""

    __slots__ = ()


class NotOnLayers(_Without):
    """What programs ask modules of nn for in vain.

    >>> class Layer(NotOnLayers):
    ...     pass
    >>> Layer().compile
    Traceback (most recent call last):
    AttributeError: 'Layer' object has no attribute 'compile': engine.compile(model)
    """


for _base, _ways in ((NotOnTensors, OF_TENSORS), (NotOnLayers, OF_LAYERS)):
    for _name in _ways:
        setattr(_base, _name, Absent(_name, _ways))


def not_methods(names: Iterable[str]) -> None:
    """Note functions that Tensors have no method for, if they have none, nor one in place."""
    for name in names:
        for absent in (name, f"{name}_"):
            if absent not in OF_TENSORS:
                setattr(NotOnTensors, absent, Absent(absent, OF_TENSORS))
