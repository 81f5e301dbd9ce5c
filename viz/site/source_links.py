"""Links to source: `source:engine/core.py#Op`, which become links to the module's page."""

from __future__ import annotations

import functools
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

from .sources import COURSE

ROOMS = ("engine", "nn", "viz", "notebooks")
SCHEME = "source:"


@functools.cache
def modules() -> dict[str, Path]:
    """The files of all modules, by their paths in the checkout."""
    top = COURSE.parent  # of a clone, or what packages are installed in
    files = [file for room in ROOMS for file in sorted((top / room).rglob("*.py"))]
    return {file.relative_to(top).as_posix(): file for file in files}


def page_of_module(path: str) -> str:
    """The page of a module's source.

    >>> page_of_module("engine/core.py"), page_of_module("nn/__init__.py")
    ('source/engine/core', 'source/nn/__init__')
    """
    return f"source/{path.removesuffix('.py')}"


def link_of(_domain: str, info: dict[str, str]) -> str | None:
    """What `sphinx.ext.linkcode` asks: where the source of a name of a module is."""
    if not info["module"]:  # of an op, whose row stands in its entry
        return None
    thing: Any = import_module(info["module"])
    for part in info["fullname"].split("."):
        thing = inspect.getattr_static(thing, part, None)
    thing = getattr(thing, "fget", thing)
    thing = inspect.unwrap(getattr(thing, "__func__", thing))
    if not (inspect.isclass(thing) or inspect.isfunction(thing)):
        return None
    path = f"{thing.__module__.replace('.', '/')}.py"
    known = modules()
    path = path if path in known else path.replace(".py", "/__init__.py")
    return f"{SCHEME}{path}#{thing.__qualname__}" if path in known else None
