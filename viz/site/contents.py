"""What stands in the order of pages: the list of the course, and the contents of the site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .lessons import cells_of

#: The parts of the site, and of each its pages: names, or patterns.  A page that is in none of
#: them is a mistake that Sphinx tells.
PARTS = (
    ("Learn", ("tour", "course", "glossary", "cheatsheet", "teaching")),
    ("How to", ("porting", "howto/*", "scaling")),
    ("Look up", ("reference/index", "op_table")),
    ("Understand", ("explanation/*", "reading_the_source", "comparison", "benchmarks")),
    ("Project", ("changelog", "contributing", "security")),
)

THUMBNAILS = "pictures/course"  # where they are staged


def contents(folder: Path) -> str:
    """The home page's lists of pages, which the sidebar shows."""
    text = ""
    for caption, patterns in PARTS:
        pages = [page for pattern in patterns for page in sorted(folder.glob(f"{pattern}.[mr]*"))]
        names = [page.relative_to(folder).with_suffix("").as_posix() for page in pages]
        text += _toctree(names, caption) if names else ""
    return text


def _toctree(names: list[str], caption: str = "") -> str:
    options = f":hidden:\n:caption: {caption}\n" if caption else ":hidden:\n"
    return "```{toctree}\n" + options + "\n".join(["", *names]) + "\n```\n\n"


def course_list(notebooks: Mapping[str, Path]) -> str:
    """The notebooks with their thumbnails, each with its first paragraph."""
    items = []
    for path, file in sorted(notebooks.items()):
        title, idea = cells_of(file)[0]["source"].split("\n\n")[:2]
        name = path.removeprefix("notebooks/")
        words = title.removeprefix("# ")
        items.append(
            f"- ![]({THUMBNAILS}/{name[:2]}.png)\n\n"
            f"  [{words}](course/{name})\n\n  {_without_links(idea)}\n"
        )
    names = [path.replace("notebooks/", "course/").removesuffix(".ipynb") for path in notebooks]
    return "{.course}\n" + "\n".join(items) + "\n" + _toctree(sorted(names))


def _without_links(text: str) -> str:
    return re.sub(r"\[([^\[\]]+)\]\([^()]+\)", r"\1", text)
