"""Notebook 18: PyTorch's graph drawn, a file of weights opened.

Nothing here imports PyTorch: its graph is read by the attributes its nodes have.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from typing import Any

from viz.drawing import Arrow, Box, Scene, scene_dot
from viz.graphs import Picture
from viz.plots import CYCLE, figure_with

#: What a package that a cell may need is called, and what installs it.
PACKAGES = {"torch": "PyTorch", "safetensors": "safetensors"}


def missing(*packages: str) -> str:
    """What to say in place of a cell that needs these packages; "" if they are all there.

    >>> missing("json")
    ''
    """
    gone = [one for one in packages if importlib.util.find_spec(one) is None]
    if not gone:
        return ""
    names = " and ".join(PACKAGES[one] for one in gone)
    are = "is" if len(gone) == 1 else "are"
    return f"{names} {are} not installed (pip install {' '.join(gone)}): this cell is skipped."


# --- PyTorch's graph ---


def backward_nodes(result: Any) -> list[Any]:
    """The nodes of PyTorch's graph behind a tensor, inputs before results, as `toposort` has ours.

    Args:
        result: a tensor of PyTorch's with a `grad_fn`.
    """
    order: list[Any] = []
    done: set[Any] = set()
    stack = [(result.grad_fn, False)]
    while stack:
        node, seen_inputs = stack.pop()
        if seen_inputs:
            order.append(node)
        elif node is not None and node not in done:
            done.add(node)
            stack.append((node, True))
            stack += [(after, False) for after, _ in reversed(node.next_functions)]
    return order


def draw_backward_nodes(result: Any, names: Mapping[str, Any], direction: str = "LR") -> Picture:
    """PyTorch's graph behind a tensor, and the arrays that each node keeps for backward.

    Draw it before `backward`, which gives those arrays back.

    Args:
        result: a tensor of PyTorch's with a `grad_fn`.
        names: its leaves by name, `dict(model.named_parameters())`.
        direction: "LR" or "TB", as `viz.draw` has it.
    """
    order = backward_nodes(result)
    place = {node: f"n{i}" for i, node in enumerate(order)}
    boxes, arrows = [], []
    for node in order:
        name = node.name().rpartition("::")[2]
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            label = next((one for one, tensor in names.items() if tensor is leaf), "")
            rows = (("shape", str(tuple(leaf.shape))),)
            boxes.append(Box(place[node], "leaf", name, "", label, rows))
            continue
        kind = "output" if node is order[-1] else "result"
        symbol = name.removesuffix("Backward0").lower()
        boxes.append(Box(place[node], kind, name, symbol, "", tuple(_kept(node))))
        for i, (before, _) in enumerate(node.next_functions):
            if before is not None:
                arrows.append(Arrow(place[before], place[node], i, ""))
    return Picture(scene_dot(Scene(boxes, arrows), direction=direction))


def _kept(node: Any) -> list[tuple[str, str]]:
    """The arrays that a node keeps, by PyTorch's name, with their shapes."""
    saved = {
        name.removeprefix("_saved_"): getattr(node, name)
        for name in dir(node)
        if name.startswith("_saved_")
    }
    kept = {name: array for name, array in saved.items() if hasattr(array, "shape")}
    return [("keeps", f"{name} {tuple(a.shape)}") for name, a in kept.items() if a.ndim]


# --- a file of weights ---


def plot_file(raw: bytes, ax: Any = None) -> Any:
    """What stands where in the bytes of a .safetensors file, a bar for each part.

    Returns:
        The axes.
    """
    if ax is None:
        ax = figure_with(1, 1, (9.0, 2.6))[1][0, 0]
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + n])
    parts = [(0, 8, f"bytes 0 to 7: the header has {n} bytes", CYCLE[3])]
    parts += [(8, 8 + n, f"bytes 8 to {7 + n}: the header, JSON", CYCLE[0])]
    tensors = sorted(
        (8 + n + one["data_offsets"][0], 8 + n + one["data_offsets"][1], name, one)
        for name, one in header.items()
        if name != "__metadata__"
    )
    for start, end, name, one in tensors:
        text = f"bytes {start} to {end - 1}: {name}, {one['dtype']}, {tuple(one['shape'])}"
        parts.append((start, end, text, CYCLE[2]))
    least = len(raw) / 250  # of a bar, to be seen
    for row, (start, end, text, colour) in enumerate(parts):
        width = max(end - start, least)
        ax.barh(row, width, left=start, color=colour, height=0.7)
        look: dict[str, Any] = {"va": "center", "fontsize": 9}
        if width > 0.5 * len(raw):
            ax.text(start + width / 2, row, text, ha="center", color="white", **look)
        elif start < 0.5 * len(raw):
            ax.text(start + width + least, row, text, ha="left", **look)
        else:
            ax.text(start - least, row, text, ha="right", **look)
    ax.invert_yaxis()
    ax.set(yticks=[], xlabel="byte", xlim=(0, len(raw)), title=f"{len(raw):,} bytes")
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    return ax
