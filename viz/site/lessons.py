"""A notebook as a page: its links, and its pictures' words and widths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cell = dict[str, Any]

#: How the cell begins that finds or installs the packages: of no use to who reads.
INSTALLS = "# Finds twingrad"


def cells_of(notebook: Path) -> list[Cell]:
    """The cells, each source as one text."""
    cells: list[Cell] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def lesson(notebook: Path, relinked: Callable[[str], str]) -> str:
    """The notebook as Sphinx gets it, as JSON.

    Args:
        relinked: of a text in Markdown, the text with its links as they are in the site.
    """
    whole = json.loads(notebook.read_text(encoding="utf-8"))
    heading = ""
    cells = [cell for cell in cells_of(notebook) if not cell["source"].startswith(INSTALLS)]
    for cell in cells:
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^#+ (.+)$", cell["source"], re.M)
            heading = headings[-1] if headings else heading
            cell["source"] = relinked(cell["source"])
            continue
        cell["metadata"] = {"mystnb": {"image": _picture(cell, heading)}}
    return json.dumps({**whole, "cells": cells})


def _picture(cell: Cell, heading: str) -> dict[str, str]:
    """How the pictures of a cell are shown: at the width they were drawn for, and in words."""
    widths = [
        output["metadata"]["image/png"]["width"]
        for output in cell["outputs"]
        if "image/png" in output.get("metadata", {})
    ]
    words = {"alt": f"what the cell above draws, in “{heading.replace('*', '')}”"}
    return words | ({"width": f"{max(widths)}px"} if widths else {})
