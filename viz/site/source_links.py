"""Links to source: `source:engine/core.py#Op`, which become links to the module's page."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator
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


def definitions(source: str) -> dict[str, int]:
    """The first line of every class and function of a module, by its qualified name.

    >>> definitions("class A:\\n    def f(self): pass\\n")
    {'A.f': 2, 'A': 1}
    """
    return dict(_defined(ast.parse(source), ""))


def _defined(tree: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for node in reversed(list(ast.iter_child_nodes(tree))):  # of one name, the first counts
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            if isinstance(node, ast.ClassDef):
                yield from _defined(node, f"{prefix}{node.name}.")
            lines = [node.lineno, *(one.lineno for one in node.decorator_list)]
            yield prefix + node.name, min(lines)


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
    path = path if path in modules() else path.replace(".py", "/__init__.py")
    if path not in modules():
        return None
    # what is written from a row stands nowhere: then the module that writes it
    anchor = f"#{thing.__qualname__}" if thing.__qualname__ in _names(path) else ""
    return f"{SCHEME}{path}{anchor}"


@functools.cache
def _names(path: str) -> frozenset[str]:
    return frozenset(definitions(modules()[path].read_text(encoding="utf-8")))
