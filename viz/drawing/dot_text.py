"""From a `Scene` to DOT text: each box a small table, each module a frame."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engine.showing import shorten

from .boxes import Arrow, Box, Cluster, Scene, names_in
from .compact import row_html
from .heat import heat_cells, heat_key
from .style import DARK, LIGHT, LOOKS, TONES, Theme, mix
from .text import lines_of, safe
from .widths import centred, points
from .words import one_line

# A name that Graphviz knows the letters' widths of, wherever it runs; in svg it adds sans-serif.
FONT = "Helvetica"
SIZE, SMALL = 11, 9
PADDING = 2
GAPS, MARGIN = "nodesep=0.25 ranksep=0.4", "0.08,0.04"
COMPACT_GAPS, COMPACT_MARGIN = "nodesep=0.12 ranksep=0.25", "0.04,0.01"
READ = ("data", "grad")  # the rows of a result that its picture's summary has
LONGEST_SUMMARY = 400
#: More boxes than this Graphviz would arrange for minutes, and lead edges around them for more.
MANY = 300
QUICK = " mclimit=0.05 nslimit=0.2 splines=line outputorder=edgesfirst"


def scene_dot(scene: Scene, *, direction: str = "LR", dark: bool = False) -> str:
    """A picture as DOT text.

    Tooltips and classes stand in it for the svg: `titled` turns them into what HTML knows.
    """
    theme = DARK if dark else LIGHT
    framed = {name for cluster in scene.clusters for name in names_in(cluster)}
    boxes = {box.id: box for box in scene.boxes}
    quick = QUICK if len(scene.boxes) > MANY else ""
    compact = any(box.compact for box in scene.boxes)
    gaps, margin = (COMPACT_GAPS, COMPACT_MARGIN) if compact else (GAPS, MARGIN)
    lines = [
        "digraph {",
        f'  graph [rankdir={direction} bgcolor="{theme.background}" {gaps}'
        f' fontname="{FONT}" fontsize={SIZE} fontcolor="{theme.quiet}"{quick}]',
        f'  node [fontname="{FONT}" fontsize={SIZE} fontcolor="{theme.foreground}"'
        f' margin="{margin}"{" height=0.2 width=0.2" * compact}]',
        f'  edge [fontname="{FONT}" fontsize={SMALL} fontcolor="{theme.quiet}"'
        f' color="{theme.quiet}" arrowsize=0.7]',
    ]
    for box in scene.boxes:
        if box.id not in framed:
            lines += [f"  {line}" for line in _node_lines(box, theme)]
    numbered = iter(range(len(scene.boxes) + len(framed)))
    frames = scene.clusters if direction == "TB" else _turned(scene.clusters)
    for cluster in frames:
        lines += [f"  {line}" for line in _cluster_lines(cluster, boxes, theme, numbered)]
    lines += [f"  {_edge_line(arrow)}" for arrow in scene.arrows]
    key = _key(scene, theme)
    lines += [f"  label=<{key}> labelloc=b labeljust=l"] if key else []
    lines.append(f"  {_tooltip(_summary(scene, direction))}")  # last, or the frames would have it
    return "\n".join([*lines, "}"]) + "\n"


def _key(scene: Scene, theme: Theme) -> str:
    """What stands below the picture: its note, and what its heat strips mean; "" if nothing."""
    strips = heat_key((heat for box in scene.boxes for _, heat in box.heat), theme)
    rows = [("", scene.note)] * bool(scene.note) + strips
    if not rows:
        return ""
    cells = "".join(
        f'<TR><TD ALIGN="LEFT">{sample}</TD><TD ALIGN="LEFT" WIDTH="{points(words, SMALL)}">'
        f'<FONT POINT-SIZE="{SMALL}">{_left(words)}</FONT></TD></TR>'
        for sample, words in rows
    )
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{PADDING}">{cells}</TABLE>'
    )


def _summary(scene: Scene, direction: str) -> str:
    """A whole picture in a sentence: how large, which way, the result, and what is wrong in it."""
    constants = sum(box.kind == "constant" for box in scene.boxes)
    nodes = len(scene.boxes) - constants
    parts = [f"graph of {nodes:,} box{'es' * (nodes != 1)}"]
    if constants:
        parts[0] += f" and {constants:,} constant{'s' * (constants > 1)}"
    parts[0] += {"LR": ", from left to right", "TB": ", from top to bottom"}[direction]
    for box in scene.boxes:
        head = _heading(box)
        if box.kind == "output":
            numbers = [f"{name} {one_line(text)}" for name, text in box.rows if name in READ]
            parts.append(", ".join([head, *numbers]))
        if box.tone == "alarm":
            parts.append(f"{', '.join(box.marks)} ({head})")
    return shorten(". ".join(parts), LONGEST_SUMMARY)


def _heading(box: Box) -> str:
    """What a box is: `c: result of mul`; `layers.0 … 3 (4 modules): alike, folded`."""
    return f"{box.label}: {box.caption}" if box.label else box.caption


def _tooltip(*lines: str) -> str:
    """The attribute that holds some lines of text."""
    # Graphviz reads backslashes in a tooltip twice.
    texts = [safe(one_line(line)).replace("\\", "\\\\") for line in lines if line]
    return 'tooltip="' + "\\n".join(texts) + '"'


def _turned(clusters: tuple[Cluster, ...]) -> tuple[Cluster, ...]:
    """Frames and what is in them from last to first.

    From left to right Graphviz stacks what stands in frames from the bottom up: so the first comes
    to stand above the second.
    """
    return tuple(
        Cluster(one.label, one.boxes[::-1], _turned(one.inside)) for one in reversed(clusters)
    )


def _cluster_lines(
    cluster: Cluster, boxes: dict[str, Box], theme: Theme, numbered: Iterator[int]
) -> Iterator[str]:
    ground, line = theme.frame
    yield f"subgraph cluster_{next(numbered)} {{"
    width = points(cluster.label, SIZE)
    yield (
        f'  graph [label=<<TABLE BORDER="0"><TR><TD ALIGN="LEFT" WIDTH="{width}">'
        f'{safe(cluster.label)}</TD></TR></TABLE>> labeljust=l style="rounded,filled" '
        f'color="{line}" fillcolor="{ground}" margin=10 '
        f"class=module {_tooltip(cluster.label)}]"
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
        f'fillcolor="{fill}"{outlines}{width} {_classes(box.kind, box.tone)}'
    )
    head = _heading(box)
    rows = [f"{name} {one_line(text)}".strip() for name, text in box.rows]
    yield f"  {_tooltip(head, *box.notes[:1], *box.marks, *rows, *box.notes[1:])} label=<"
    yield from [f"  {row_html(box, theme)}"] if box.compact else _table_lines(box, theme)
    yield "  >]"


def _table_lines(box: Box, theme: Theme) -> Iterator[str]:
    yield f'  <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{PADDING}">'
    heads = [(box.caption, SMALL, f'<FONT POINT-SIZE="{SMALL}" COLOR="{theme.quiet}">{{}}</FONT>')]
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
    yield "  </TABLE>"


def _classes(*names: str) -> str:
    """The attribute for what CSS and tests ask for: kinds and tones."""
    return f'class="{" ".join(filter(None, names))}"'


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
    given = [f"label=<{_edge_label(arrow)}>"] if arrow.text else []
    if arrow.flow is not None:
        flow = arrow.flow
        head = 0.7 - 0.04 * flow.width  # Graphviz widens heads with their lines
        given.append(f"penwidth={flow.width:.3g} arrowsize={head:.2g} style={flow.style}")
        given += [f'color="{flow.colour}"'] if flow.colour else []
        given.append(_classes("flow", flow.sign))
    elif arrow.tone:
        tone = TONES[arrow.tone]
        given.append(f'color="{tone.colour}" penwidth={tone.width:g}')
        given += [f"style={tone.style}"] if tone.style else []
        given.append(_classes(arrow.tone))
    if arrow.tone == "link":  # shows what belongs together, and pulls nothing to one side
        given.append("constraint=false arrowhead=none")
    if arrow.note:
        given.append(_tooltip(arrow.note))
    return f"{arrow.tail} -> {arrow.head}" + (f" [{' '.join(given)}]" if given else "")


def _edge_label(arrow: Arrow) -> str:
    """Text beside an edge, with room for any font, and away from the edge however wide it is."""
    away = PADDING + 1 + (math.ceil(arrow.flow.width / 2) if arrow.flow is not None else 0)
    width = points(arrow.text, SMALL) + 2 * away
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{away}"><TR>'
        f'<TD WIDTH="{width}">{safe(arrow.text)}</TD></TR></TABLE>'
    )
