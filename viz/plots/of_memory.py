"""What a graph keeps, as bars: by op, results, gradients and what was let go."""

from __future__ import annotations

from typing import Any

from engine import memory as memory_of
from engine.looking import GraphMemory, in_bytes

from .axes import CYCLE, axes_of, key, some_names

#: How each part is drawn: none is told by its colour alone.
PARTS: dict[str, dict[str, Any]] = {
    "kept": {"color": CYCLE[0]},
    "gradients": {"color": CYCLE[3], "hatch": "//", "edgecolor": "white"},
    "let go": {"fill": False, "edgecolor": "#595959", "linestyle": "--"},
}
MOST_OPS = 15
UNITS = {2**30: "GiB", 2**20: "MiB", 2**10: "KiB", 1: "bytes"}


def memory(root: Any, ax: Any = None) -> Any:
    """What the graph below `root` keeps: a bar for each op, and for leaves.  Returns the axes.

    Args:
        root: the result of a graph, or what `engine.memory` said of one.
        ax: axes to draw on; default new ones.

    Raises:
        TypeError: root is not a Value, a Tensor or a GraphMemory.

    >>> from viz import plots
    >>> from engine import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> ax = plots.memory((x.exp() * x).sum())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['exp × 1', 'mul × 1', 'sum × 1', 'leaves × 1']
    >>> plots.pyplot.close()
    """
    found = root if isinstance(root, GraphMemory) else memory_of(root)
    *rows, total = found.rows
    more = rows[MOST_OPS:]
    rows = rows[:MOST_OPS]
    largest = max(row.kept + row.gradients + row.let_go for row in rows)
    scale = next(size for size in UNITS if largest >= size or size == 1)
    title = f"{total.nodes:,} nodes keep {in_bytes(total.kept)}"
    if more:
        title += f"; {len(more)} more lines, {in_bytes(sum(r.kept for r in more))}, are left out"
    ax = axes_of(ax, title, UNITS[scale])
    places = range(len(rows))
    ends = [0.0] * len(rows)
    for part, look in PARTS.items():
        sizes = [getattr(row, part.replace(" ", "_")) / scale for row in rows]
        drawn = [i for i, size in enumerate(sizes) if size]  # one of width 0 is seen as a line
        if drawn:
            lengths, lefts = ([numbers[i] for i in drawn] for numbers in (sizes, ends))
            ax.barh(drawn, lengths, left=lefts, label=part, **look)
        ends = [end + size for end, size in zip(ends, sizes, strict=True)]
    for place, end, row in zip(places, ends, rows, strict=True):
        ax.annotate(
            _sizes(row), (end, place), (4, 0), textcoords="offset points", va="center",
            fontsize="small",
        )  # fmt: skip
    ax.set_yticks(places, some_names(list(map(_name, rows)))[1])
    ax.invert_yaxis()  # the most at the top
    ax.margins(x=0.25)
    key(ax)
    return ax


def _name(row: Any) -> str:
    return f"{row.name} × {row.nodes:,}" if row.nodes else row.name


def _sizes(row: Any) -> str:
    """What stands at the end of a bar: the length of each part.

    >>> from engine.looking import Kept
    >>> _sizes(Kept("add", 2, 800, 80, 8_000)), _sizes(Kept("exp", 1, 800))
    ('800 B + 80 B + 7.81 KiB', '800 B')
    """
    further = [x for x in (row.gradients, row.let_go) if x]
    return " + ".join(map(in_bytes, [row.kept] * (row.kept > 0 or not further) + further))
