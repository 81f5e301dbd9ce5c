"""The reference: pages of all public names, made from the rooms, and of the commands.

A name stands on the first page below that has the room it is written in; so a new layer or a new
row of the table finds its page by itself, and a new room is asked for one.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .docstrings import to_rst
from .entries import entry, methods_of
from .public_names import Name, for_builders, names

FOLDER = "reference"
MANY = 20  # methods, of which a page has a list


@dataclass(frozen=True)
class Page:
    """A page of the reference.

    Attributes:
        package: whose names it has.
        file: its name in the folder.
        title: its heading.
        rooms: the modules of the package that it has the names of, and the rooms of whose modules;
            of a door, those of its names that stand for others; "" for numbers and dtypes, which
            are written nowhere.  Without any, it has all that no page before it has.
        text: what it says before the names.
        in_sections: whether it has a section for each module.
    """

    package: str
    file: str
    title: str
    rooms: tuple[str, ...]
    text: str = ""
    in_sections: bool = False


ENGINE = (
    Page("engine", "value", "Value", ("values.value",)),
    Page("engine", "tensor", "Tensor", ("tensors",)),
    Page("engine", "value_array", "ValueArray", ("values.array",)),
    Page(
        "engine", "numbers", "Ops number by number", ("ops", "questions", "gammas"),
        "Each takes numbers, arrays, lists, `Value`s and `Tensor`s; nodes record it.  In a row `g` "
        "is the upstream gradient, and `y` the op's result.",
    ),
    Page(
        "engine", "arrays", "Ops on whole arrays", ("arrays",),
        "Each takes arrays, lists, `Tensor`s and `ValueArray`s, and is a method of the last two.",
        in_sections=True,
    ),
    Page("engine", "linalg", "Linear algebra: engine.linalg", ("linalg",), in_sections=True),
    Page(
        "engine", "derivatives", "Derivatives",
        ("derivatives", "mapping", "checkpointing", "recording", "node_hooks"),
    ),
    Page(
        "engine", "autograd_and_func", "engine.autograd and engine.func",
        ("custom", "autograd", "func"),
        "PyTorch's names for the functions of `engine`, and `Function`.",
    ),
    Page("engine", "looking", "Looking and checking", ("checking", "looking")),
    Page("engine", "programs", "Programs: compile and source", ("compilation", "writing")),
    Page(
        "engine", "creating", "New Tensors, dtypes, chance and files",
        ("creating", "generators", "files", "cpu", ""),
    ),
    Page("engine", "rows", "Rows of your own", ("define", "short_calls", "core", "domain")),
)  # fmt: skip
NN = (
    Page(
        "nn", "module", "Modules and parameters",
        ("module", "parameter", "blocks", "stateless", "summary"),
    ),
    Page("nn", "activations", "Activations", ("layers.activations",)),
    Page("nn", "layers", "Layers", ("layers",), in_sections=True),
    Page("nn", "losses", "Losses", ("losses",), in_sections=True),
    Page(
        "nn", "schedules", "Learning rate schedules",
        ("optim.lr_scheduler", "optim.schedule", "optim.schedules", "optim.linear_schedules",
         "optim.chained", "optim.cycles", "optim.one_cycle", "optim.plateau"),
    ),
    Page("nn", "optimizers", "Optimizers", ("optim",)),
    Page("nn", "training", "Training and callbacks", ("training", "callbacks")),
    Page("nn", "data", "Data", ("data", "datasets"), in_sections=True),
    Page("nn", "checkpoints", "Checkpoints", ("checkpoint",)),
    Page("nn", "parallel", "Many processes", ("parallel",)),
    Page(
        "nn", "functional", "nn.functional", ("functional",),
        "Layers and losses as functions: `from nn import functional as F`.",
    ),
    Page("nn", "init", "nn.init", ("init",)),
    Page("nn", "utils", "nn.utils", ("utils",)),
    Page("nn", "scalar", "nn.scalar", ("scalar",)),
)  # fmt: skip
VIZ = (
    Page("viz", "plots", "viz.plots", ("plots",), in_sections=True),
    Page("viz", "pictures", "Pictures of graphs", ("graphs", "drawing")),
    Page("viz", "stepping", "Backward, step by step", ("stepping",)),
    Page("viz", "history", "Training watched", ()),
)
BUILDERS = (
    Page(
        "engine", "building", "For those who build on engine", (),
        "What `nn` and `viz` take of `engine`, and what a room of your own may take.",
    ),
)  # fmt: skip
COMMANDS = "commands"
GROUPS = {"engine": ENGINE, "nn": NN, "viz": VIZ, "For those who build on it": BUILDERS}


def pages(commands: Mapping[str, str]) -> dict[str, str]:
    """The reference in reStructuredText: a document's name, and its text.

    Args:
        commands: the subcommands of `twingrad`, and the help of each.
    """
    found = {f"{FOLDER}/index": _index(), f"{FOLDER}/{COMMANDS}": _commands(commands)}
    on_pages = names_on_pages()
    for group in GROUPS.values():
        for page in group:
            found[f"{FOLDER}/{page.file}"] = _text(page, on_pages[page.file])
    return found


def names_on_pages() -> dict[str, list[Name]]:
    """The public names of each page, by its file."""
    found: dict[str, list[Name]] = {page.file: [] for group in GROUPS.values() for page in group}
    own = {name.own: name for name in names() if not name.is_alias}
    for name in names():
        found[_page_of(name, own[name.own]).file].append(name)
    return found


def _page_of(name: Name, own: Name) -> Page:
    """The page of a name, whose thing's own name is `own`."""
    package, _, room = name.door.partition(".")
    if not (name.is_alias and room):  # what a door offers of others stands on the door's page
        package, room = own.package, _room_of(own)
    if own.door == "engine" and own.name in for_builders():
        return BUILDERS[0]
    for page in (page for group in GROUPS.values() for page in group):
        fits = any(room == one or (one and room.startswith(f"{one}.")) for one in page.rooms)
        if page.package == package and (fits or not page.rooms):
            return page
    raise LookupError(f"{name.full} is in a room that no page of the reference has: {room!r}")


def _room_of(name: Name) -> str:
    """The module a name is written in; the room of its door, if it is written elsewhere."""
    return name.room or name.door.partition(".")[2]


def _text(page: Page, found: list[Name]) -> str:
    parts = [_heading(page.title, "=")]
    doors = ", ".join(sorted({f"`{name.door}`" for name in found if not name.is_alias}))
    said = f"In examples `np` is NumPy, and the names of {doors} stand alone."
    parts.append(to_rst(f"{page.text}\n\n{said}".strip(), page.package))
    own = [name for name in found if not name.is_alias]
    parts += _contents(own)
    others = [name for name in found if name.is_alias]
    if page.in_sections:
        for room in sorted({_room_of(name) for name in own}):
            module = importlib.import_module(f"{page.package}.{room}")
            doc = (inspect.getdoc(module) or "").partition("\n\n")[0]
            parts += [_heading(_said(room), "-"), to_rst(doc, page.package)]
            parts += _entries(name for name in own if _room_of(name) == room)
    else:
        parts += _entries(own)
    if others:
        parts += [_heading("Other names", "-"), *_entries(others)]
    return "\n\n".join(parts)


def _contents(found: list[Name]) -> Iterator[str]:
    """Links to the names of a page; and to the methods of a class that has many."""
    if len(found) > 3:
        yield _links((name.name, name.full) for name in sorted(found, key=_order))
    for name in found:
        methods = methods_of(name.thing) if isinstance(name.thing, type) else []
        if len(methods) > MANY:
            links = _links((method, f"{name.full}.{method}") for method in methods)
            yield f"Methods of ``{name.name}``: {links}"


def _links(targets: Iterable[tuple[str, str]]) -> str:
    return " · ".join(f":py:obj:`{shown} <{full}>`" for shown, full in targets)


def _entries(found: Iterable[Name]) -> list[str]:
    return [entry(name) for name in sorted(found, key=_order)]


def _order(name: Name) -> tuple[str, str]:
    return name.full.lower(), name.full


def _said(room: str) -> str:
    """A module's name as a heading: "Avg pool" for layers.avg_pool."""
    last = room.rpartition(".")[2].replace("_", " ")
    return last[0].upper() + last[1:]


def _heading(text: str, sign: str) -> str:
    return f"{text}\n{sign * len(text)}"


def _index() -> str:
    """The contents of the reference."""
    parts = [_heading("Reference", "="), "Every public name, with its source and an example."]
    groups = {title: [page.file for page in group] for title, group in GROUPS.items()}
    for title, files in {**groups, "twingrad": [COMMANDS]}.items():
        lines = "\n".join(f"   {file}" for file in files)
        parts.append(f".. toctree::\n   :caption: {title}\n   :titlesonly:\n\n{lines}")
    return "\n\n".join(parts)


def _commands(commands: Mapping[str, str]) -> str:
    """What each subcommand says of itself."""
    parts = [_heading("The command line", "=")]
    for name, said in commands.items():
        block = "\n".join(f"   {line}".rstrip() for line in said.splitlines())
        parts += [_heading(f"twingrad {name}", "-"), f".. code-block:: text\n\n{block}"]
    return "\n\n".join(parts) + "\n"
