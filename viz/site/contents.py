"""What stands in the order of pages: the list of the course, and the contents of the site."""

from __future__ import annotations

import base64
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

FORMATS = ("image/svg+xml", "image/png")  # of a thumbnail


def contents(folder: Path) -> str:
    """The home page's lists of pages, which the sidebar shows."""
    text = ""
    for caption, patterns in PARTS:
        pages = [page for pattern in patterns for page in sorted(folder.glob(f"{pattern}.md"))]
        names = [page.relative_to(folder).with_suffix("").as_posix() for page in pages]
        text += _toctree(names, caption) if names else ""
    return text


def _toctree(names: list[str], caption: str = "") -> str:
    options = f":hidden:\n:caption: {caption}\n" if caption else ":hidden:\n"
    return "```{toctree}\n" + options + "\n".join(["", *names]) + "\n```\n\n"


def course_list(notebooks: Mapping[str, Path], folder: Path) -> str:
    """The notebooks with their thumbnails, each with its first paragraph."""
    items = []
    for path, file in sorted(notebooks.items()):
        title, idea = cells_of(file)[0]["source"].split("\n\n")[:2]
        picture = _thumbnail(file, folder)
        name = path.removeprefix("notebooks/")
        words = title.removeprefix("# ")
        items.append(
            f"- ![]({picture})\n\n  [{words}](course/{name})\n\n  {_without_links(idea)}\n"
        )
    names = [path.replace("notebooks/", "course/").removesuffix(".ipynb") for path in notebooks]
    return "{.course}\n" + "\n".join(items) + "\n" + _toctree(sorted(names))


def _without_links(text: str) -> str:
    return re.sub(r"\[([^\[\]]+)\]\([^()]+\)", r"\1", text)


def _thumbnail(notebook: Path, folder: Path) -> str:
    """Write the last picture of the cell tagged for it; where it lies in the folder."""
    data = [
        output["data"]
        for cell in cells_of(notebook)
        if "thumbnail" in cell["metadata"].get("tags", [])
        for output in cell["outputs"]
        if any(kind in output.get("data", {}) for kind in FORMATS)
    ][-1]
    svg = "".join(data.get("image/svg+xml", ""))
    content = svg.encode() if svg else base64.b64decode("".join(data["image/png"]))
    place = f"pictures/{notebook.stem}.{'svg' if svg else 'png'}"
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_bytes(content)
    return place
