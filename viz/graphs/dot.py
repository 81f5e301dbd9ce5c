"""`to_dot`: the graph below a Value or a Tensor as Graphviz's DOT text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..drawing import (
    DARK,
    LIGHT,
    LOOKS,
    TONES,
    Arrow,
    Box,
    Cluster,
    GraphTooLargeError,
    Scene,
    Theme,
    centred,
    checked_order,
    heat_cells,
    lines_of,
    mix,
    points,
    safe,
)
from .fold import Fold, alike_folds, around_node, auto_folds, module_folds, visible
from .scene import graph_scene, names_in
from .traced import Path, module_paths, trace

MAX_NODES = 40
DEEPER = 4
DIRECTIONS = ("LR", "TB")

# A name that Graphviz knows the letters' widths of, wherever it runs; in svg it adds sans-serif.
FONT = "Helvetica"
SIZE = 11
PADDING = 2


def to_dot(
    root: Any,
    *,
    direction: str = "LR",
    dark: bool = False,
    max_nodes: int = MAX_NODES,
    fold: bool = True,
    depth: int | None = None,
    around: Any = None,
    radius: int = 2,
    local: bool = False,
    seen: trace | None = None,
) -> str:
    """The graph below `root` (a Value or a Tensor) as DOT text.

    Nodes are named n0, n1, … in the order of `engine.toposort`, so the same program always gives
    the same text.  A node says what it is, its label, its data and its gradient, and where nan,
    inf or a gradient of zero begins.  Modules, known from the labels of their parameters or from
    `viz.trace`, have frames.

    A graph of more than `max_nodes` nodes is folded to about a page: by the innermost modules
    that fit, modules alike into one box (×N), and what is left by likeness.  Each folded box
    says how many nodes it hides.

    Args:
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        dark: light text on a dark ground.
        max_nodes: the largest graph to draw node by node, constants not counted.
        fold: False refuses a larger graph instead.
        depth: fold every module that is this many steps inside the model: 0 is the model in one
            box, 1 its layers, …; more than 4 × max_nodes boxes are folded further.
        around: a node, or the label of one: draw what is near it, fold the rest.
        radius: how many edges away from `around` is near.
        local: write on each edge the local derivative, ∂ result / ∂ input.
        seen: the `viz.trace` under which the graph was made.

    Raises:
        TypeError: root is not a Value or a Tensor.
        ValueError: direction is neither; depth, radius or max_nodes is no such number; `around`
            is not in the graph; or (`GraphTooLargeError`) the graph is too large and must not be
            folded.

    >>> from engine import Value
    >>> x = Value(3.0, label="x")
    >>> [line.strip() for line in to_dot(x * x).splitlines() if "->" in line]
    ['n0 -> n1', 'n0 -> n1']
    """
    check_direction(direction)
    for name, given in (("depth", depth), ("radius", radius)):
        if given is not None:
            _check_whole(name, given, 0)
    _check_whole("max_nodes", max_nodes, 1)
    order = checked_order(root)
    paths = module_paths(order, seen)
    if around is not None:
        folds = around_node(order, _place_of(around, order), radius)
    elif depth is not None:
        folds = module_folds(order, paths, depth)
    else:
        folds = []
    # Who names a depth wants to see that far: of what is left, little is worth folding by likeness.
    room = max_nodes if depth is None else DEEPER * max_nodes
    folds = _fitted(order, paths, folds, room, fold, depth is None and around is None)
    kinds = seen.kinds if seen is not None else None
    scene = graph_scene(order, paths, folds, local=local, kinds=kinds)
    return scene_dot(scene, direction=direction, dark=dark)


def _check_whole(name: str, given: Any, least: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {given!r}")


def check_direction(direction: str) -> None:
    """Raise a ValueError if it is neither "LR" nor "TB"."""
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction must be 'LR' (left to right) or 'TB' (top down), got {direction!r}"
        )


def _place_of(around: Any, order: list[Any]) -> int:
    for i, node in enumerate(order):
        if node is around or (isinstance(around, str) and node.label == around):
            return i
    what = f"node labelled {around!r}" if isinstance(around, str) else "such node"
    raise ValueError(f"around: there is no {what} below root")


def _fitted(
    order: list[Any], paths: list[Path], folds: list[Fold], max_nodes: int, fold: bool, auto: bool
) -> list[Fold]:
    """The folds, and more of them where too many boxes would be left."""
    count = visible(order, folds)
    if count <= max_nodes:
        return folds
    if not fold:
        raise GraphTooLargeError(
            f"the graph has {count:,} nodes, more than the {max_nodes:,} a picture can show "
            f"well: leave out fold=False to draw it folded, pass max_nodes={count} to draw it "
            "all the same (slow above 1,000), or draw an earlier result"
        )
    if auto:
        return auto_folds(order, paths)
    return folds + alike_folds(order, paths, folds, max(max_nodes - len(folds), 1))


# --- from boxes and arrows to DOT ---


def scene_dot(scene: Scene, *, direction: str = "LR", dark: bool = False) -> str:
    """A picture as DOT text."""
    theme = DARK if dark else LIGHT
    framed = {name for cluster in scene.clusters for name in names_in(cluster)}
    boxes = {box.id: box for box in scene.boxes}
    lines = [
        "digraph {",
        f'  graph [rankdir={direction} bgcolor="{theme.background}" nodesep=0.25 ranksep=0.4'
        f' fontname="{FONT}" fontsize={SIZE} fontcolor="{theme.quiet}"]',
        f'  node [fontname="{FONT}" fontsize={SIZE} fontcolor="{theme.foreground}"'
        ' margin="0.08,0.04"]',
        f'  edge [fontname="{FONT}" fontsize=9 fontcolor="{theme.quiet}"'
        f' color="{theme.quiet}" arrowsize=0.7]',
    ]
    for box in scene.boxes:
        if box.id not in framed:
            lines += [f"  {line}" for line in _node_lines(box, theme)]
    numbered = iter(range(len(scene.boxes) + len(framed)))
    for cluster in scene.clusters:
        lines += [f"  {line}" for line in _cluster_lines(cluster, boxes, theme, numbered)]
    lines += [f"  {_edge_line(arrow)}" for arrow in scene.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _cluster_lines(
    cluster: Cluster, boxes: dict[str, Box], theme: Theme, numbered: Iterator[int]
) -> Iterator[str]:
    ground = mix(theme.foreground, theme.background, 0.035)
    yield f"subgraph cluster_{next(numbered)} {{"
    width = points(cluster.label, SIZE)
    yield (
        f'  graph [label=<<TABLE BORDER="0"><TR><TD ALIGN="LEFT" WIDTH="{width}">'
        f'{safe(cluster.label)}</TD></TR></TABLE>> labeljust=l style="rounded,filled" '
        f'color="{mix(theme.quiet, theme.background, 0.5)}" fillcolor="{ground}" margin=10]'
    )
    for name in cluster.boxes:
        for line in _node_lines(boxes[name], theme):
            yield f"  {line}"
    for inner in cluster.inside:
        for line in _cluster_lines(inner, boxes, theme, numbered):
            yield f"  {line}"
    yield "}"


def _node_lines(box: Box, theme: Theme) -> Iterator[str]:
    look = LOOKS[box.kind]
    fill = mix(look.colour, theme.background, theme.tint)
    outlines = f" peripheries={look.outlines}" if look.outlines > 1 else ""
    style, colour, width = look.style, look.colour, ""
    if box.tone:
        tone = TONES[box.tone]
        colour, width = tone.colour, f" penwidth={tone.width:g}"
        style = f"{style},{tone.style}" if tone.style else style
    yield (
        f'{box.id} [shape={look.shape} style="{style},filled" color="{colour}" '
        f'fillcolor="{fill}"{outlines}{width} label=<'
    )
    yield f'  <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{PADDING}">'
    heads = [(box.caption, 9, f'<FONT POINT-SIZE="9" COLOR="{theme.quiet}">{{}}</FONT>')]
    for text, size in ((box.symbol, 16), (box.label, 13)):
        if text:
            heads.append((text, size, f'<FONT POINT-SIZE="{size}"><B>{{}}</B></FONT>'))
    heads += [(mark, SIZE, "<B>{}</B>") for mark in box.marks]
    heat = dict(box.heat)
    for text, size, form in heads:
        yield _head(text, size, form)
    widths = _columns(box, heads)
    for name, text in box.rows:
        yield _row(name, text, theme, widths) if name else _head(text, SIZE, "{}")
        if strip := heat.pop(name, None):
            cells = heat_cells(strip, theme)
            yield f"  <TR><TD></TD><TD>{cells}</TD></TR>" if name else _wide(cells)
    yield "  </TABLE>>]"


def _columns(box: Box, heads: list[tuple[str, int, str]]) -> tuple[int, int]:
    """How wide the names and the texts of a box's rows stand.

    Graphviz would widen both alike where a line above needs more than the two together.
    """
    rows = [row for row in box.rows if row[0]]
    names, texts = (
        max((points(f"{row[k]} ", SIZE) for row in rows), default=0) + 2 * PADDING for k in (0, 1)
    )
    heads = heads + [(text, SIZE, "") for name, text in box.rows if not name]
    above = max(centred(text, size, "<B>" in form)[0] for text, size, form in heads)
    return names, max(texts, above + 2 * PADDING - names)


def _wide(content: str, given: str = "") -> str:
    return f'  <TR><TD COLSPAN="2"{given}>{content}</TD></TR>'


def _head(text: str, size: int, form: str) -> str:
    """A line in the middle of the box, if it can stand there."""
    width, fits = centred(text, size, "<B>" in form)
    side = "" if fits else ' ALIGN="LEFT"'
    return _wide(form.format(safe(text)), f'{side} WIDTH="{width + 2 * PADDING}"')


def _row(name: str, text: str, theme: Theme, widths: tuple[int, int]) -> str:
    return (
        f'  <TR><TD ALIGN="LEFT" VALIGN="TOP" WIDTH="{widths[0]}">'
        f'<FONT COLOR="{theme.quiet}">{safe(name)} </FONT></TD>'
        f'<TD ALIGN="LEFT" WIDTH="{widths[1]}">{_left(text)}</TD></TR>'
    )


def _left(text: str) -> str:
    """Lines that all begin on the left."""
    # Graphviz aligns each line by the line break after it, the last line too.
    end = '<BR ALIGN="LEFT"/>' if len(lines_of(text)) > 1 else ""
    return safe(text, "LEFT") + end


def _edge_line(arrow: Arrow) -> str:
    # The text is an identifier of the op's author or a word of ours; still, it is escaped.
    given = [f"label=<{safe(arrow.text)}>"] if arrow.text else []
    if arrow.tone:
        tone = TONES[arrow.tone]
        given.append(f'color="{tone.colour}" penwidth={tone.width:g}')
        given += [f"style={tone.style}"] if tone.style else []
    if arrow.tone == "link":  # shows what belongs together, and pulls nothing to one side
        given.append("constraint=false arrowhead=none")
    return f"{arrow.tail} -> {arrow.head}" + (f" [{' '.join(given)}]" if given else "")
