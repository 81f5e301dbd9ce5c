"""`moving`: the steps as a picture that moves by itself: an svg without a script.

It is the drawing of the page with words below it.  Whatever changes stands in it once for each look
that it has, and a `Clock` shows each at its time; where nothing moves, the last frame is seen.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from engine.showing import Names, printable

from ..drawing import GraphTooLargeError, RenderError, points
from .clock import Clock
from .frames import SECONDS, Frame, frames
from .layout import NUMBER, TEXT, Drawing
from .page import Row, slope, value
from .program import asset
from .steps import BackwardStep, ForwardStep

NAMESPACE = "http://www.w3.org/2000/svg"
STYLES = ("graph.css", "stepper.css")  # where the colours are, light and dark
MOST = 40  # steps: nobody watches for more than two minutes
WIDEST = 1600  # pixels
LARGE, SMALL = 30.0, 16.0  # letters of the words, in pixels: as large as there is room for
ASIDE = 0.75  # of that, what is said beside the equation
BESIDE = 16  # pixels left and right of the words
DIM = 0.45  # the opacity of what is not computed yet, as on the page
NOT_YET = "·"  # in the place of a number, as on the page


def moving(rows: list[Row], names: Names, drawing: Drawing | str, dark: bool) -> str:
    """The steps as a moving svg.

    Args:
        rows: the table of steps.
        drawing: the graph, or why there is none.
        dark: light on dark.

    Raises:
        GraphTooLargeError: more than 40 steps, or wider than 1,600 pixels.
        RenderError: there is no drawing.
    """
    if len(rows) > MOST:
        raise _too_large(f"the graph has {len(rows):,} steps, more than the {MOST}")
    if not isinstance(drawing, Drawing):
        raise RenderError(drawing)
    told = list(frames(rows, names))
    clock = Clock(SECONDS[frame.kind] for frame in told)
    words = [_words(frame, clock.shown(i)) for i, frame in enumerate(told)]
    size, width = _letters(words, drawing.width)
    if width > WIDEST:
        raise _too_large(f"it takes {width:,} pixels in width, more than the {WIDEST:,}")
    below, deep = _below(words, size, drawing.height)
    graph = ET.Element("g", transform=f"translate({(width - drawing.width) // 2},0)")
    tip, *parts = ET.fromstring(drawing.svg.replace(f' xmlns="{NAMESPACE}"', "", 1))
    graph.extend(_moved(parts, told, names.order, clock, drawing.width))

    root = ET.Element(
        "svg",
        {"xmlns": NAMESPACE, "class": "graph moving", "role": "img"},
        width=str(width), height=str(deep), viewBox=f"0 0 {width} {deep}",
    )  # fmt: skip
    title = f"backward of {names.root} = {value(names.order[-1])}, edge by edge"
    ET.SubElement(root, "title").text = printable(title)
    ET.SubElement(root, "desc").text = printable("; ".join(row.text for row in rows))
    ET.SubElement(root, "style").text = _style(dark, clock)
    root.extend([tip, graph, below])
    return ET.tostring(root, encoding="unicode") + "\n"


def _too_large(what: str) -> GraphTooLargeError:
    return GraphTooLargeError(
        f"{what} of a moving picture: save the steps as a page, steps.html, which has room for "
        "more, or step through an earlier result"
    )


def _style(dark: bool, clock: Clock) -> str:
    """The page's colours and looks, what moves, and when."""
    light_and_dark = [re.findall(r":root\{(.*?)\}", asset(name)) for name in STYLES]
    colours = re.findall(r"--[^;]+", ";".join(both[dark] for both in light_and_dark))
    looks = [line for line in asset("graph.css").splitlines() if ":root" not in line]
    lines = [f":root{{{';'.join(colours)}}}", *looks, clock.style(), asset("moving.css").rstrip()]
    return "\n".join(lines)


# --- the words ---


def _words(frame: Frame, when: str) -> ET.Element:
    """What a frame says, a line each; each is put in its place later."""
    group = ET.Element("g", {"class": when})
    lines = [f"<text>{line}</text>" for line in frame.lines]
    asides = [f'<text class="aside">{line}</text>' for line in (frame.phase, frame.note) if line]
    group.extend(map(ET.fromstring, [asides[0], *lines, *asides[1:]]))
    return group


def _letters(words: list[ET.Element], width: int) -> tuple[float, int]:
    """How large the letters of all words are, and how wide the picture is."""
    lines = [line for group in words for line in group]
    em = max(
        points("".join(line.itertext()), 100) / 100 * (ASIDE if line.get("class") else 1)
        for line in lines
    )
    size = min(LARGE, max(SMALL, (width - 2 * BESIDE) / em))
    return round(size, 1), max(width, round(size * em) + 2 * BESIDE)


def _below(words: list[ET.Element], size: float, top: int) -> tuple[ET.Element, int]:
    """The words in their places below the graph, and how far down they go."""
    below = ET.Element("g", {"class": "words", "style": f"font-size:{size:g}px"})
    for group in words:
        y = top + size
        for line in group:
            line.set("x", str(BESIDE))
            line.set("y", f"{y:.0f}")
            y += 1.4 * size
        below.append(group)
    return below, round(top + 5.6 * size)


# --- the graph ---


def _moved(
    parts: list[ET.Element], told: list[Frame], order: list[Any], clock: Clock, width: int
) -> Iterator[ET.Element]:
    """The parts of the drawing, and what lights up in it."""
    paths = {part.get("id", ""): part.get("d", "") for part in parts if part.tag == "path"}
    seed = next(i for i, frame in enumerate(told) if frame.kind == "seed")
    for way, when in (("there", clock.shown(0, seed)), ("back", clock.shown(seed, clock.frames))):
        edges = ET.Element("g", {"class": f"{way} {when}"})
        edges.extend(ET.Element("path", d=d) for d in paths.values())
        yield edges
    looks = Looks(told, order)
    for part in parts:
        if part.tag == "g":
            looks.put_into(part, clock)
            yield part
    for i, frame in enumerate(told):
        if frame.row is not None and frame.row.step is not None:
            yield _hot(frame.row.step, clock.shown(i), paths, width)


def _hot(
    step: ForwardStep | BackwardStep, when: str, paths: dict[str, str], width: int
) -> ET.Element:
    """The edges of a step, lit; on that of a backward step its local derivative."""
    if isinstance(step, ForwardStep):
        hot = ET.Element("g", {"class": f"hot there {when}"})
        found = [paths.get(f"e{step.place}_{k}") for k in range(len(step.node.inputs))]
        hot.extend(ET.Element("path", d=d) for d in found if d)
        return hot
    hot = ET.Element("g", {"class": f"hot back {when}"})
    d = paths[f"e{step.place}_{step.index}"]
    ET.SubElement(hot, "path", d=d)
    if slope(step):
        text = f"× {slope(step)}"
        wide = points(text, TEXT, bold=True) + 10
        x, y = middle(d)
        x = max(wide / 2 + 1, min(width - wide / 2 - 1, x))
        ET.SubElement(
            hot, "rect",
            x=f"{x - wide / 2:.0f}", y=f"{y - 9:.0f}", width=str(wide), height="18", rx="4",
        )  # fmt: skip
        ET.SubElement(hot, "text", x=f"{x:.0f}", y=f"{y + 4:.0f}").text = text
    return hot


def middle(path: str) -> tuple[float, float]:
    """The point halfway along a path of straight lines or cubic curves, nearly.

    >>> middle("M0 0L10 20"), middle("M0 0C0 4 8 4 8 0")
    ((5.0, 10.0), (4.0, 3.0))
    """
    numbers = [float(x) for x in NUMBER.findall(path)]
    ends = list(zip(numbers[::2], numbers[1::2], strict=True))
    if "C" not in path:
        (x, y), (u, v) = ends[0], ends[-1]
        return (x + u) / 2, (y + v) / 2
    curves = (len(ends) - 1) // 3
    if curves % 2 == 0:
        return ends[3 * (curves // 2)]
    part = ends[3 * (curves // 2) :][:4]
    x, y = (sum(w * at[k] for w, at in zip((1, 3, 3, 1), part, strict=True)) / 8 for k in (0, 1))
    return x, y


class Looks:
    """How the boxes look, frame by frame.

    Args:
        told: all frames.
        order: all nodes.
    """

    def __init__(self, told: list[Frame], order: list[Any]) -> None:
        self.order = order
        root = len(order) - 1
        self.computed: dict[int, int] = {}  # the frame in which a node is computed
        self.turns: dict[int, list[int]] = {}  # the frames in which it is at work
        self.grads: dict[int, list[tuple[int, str]]] = {}  # its gradient, and from when on
        for i, frame in enumerate(told):
            if frame.row is None:
                continue
            step, (_, _, after) = frame.row.step, frame.row.running.rpartition(" → ")
            at = root if step is None else step.place
            self.turns.setdefault(at, []).append(i)
            if isinstance(step, ForwardStep):
                self.computed[at] = i
            else:
                receives = root if step is None else step.input_place
                self.grads.setdefault(receives, []).append((i, after))

    def put_into(self, box: ET.Element, clock: Clock) -> None:
        """Let the numbers of a box come at their time, and outline it when it is at work."""
        found = re.fullmatch(r"n(\d+)", box.get("id", ""))
        if found is None:  # a constant
            return
        place = int(found[1])
        computed = self.computed.get(place, 0)
        for text in box.findall("text"):
            kinds = text.get("class", "").split()
            if "d" in kinds and computed and not self.order[place].ndim:  # shapes are known
                looks = [("", 0, NOT_YET), ("", computed, text.text or "")]
                _replace(box, text, looks, clock)
            elif "g" in kinds and place in self.grads:
                _replace(box, text, _growing(self.grads[place]), clock)
        shape = next(child for child in box if child.tag in ("rect", "path"))
        above = next(i for i, child in enumerate(box) if child.tag == "text")
        for i in self.turns.get(place, []):
            outline = {**shape.attrib, "class": f"now {clock.shown(i)}"}
            box.insert(above, ET.Element(shape.tag, outline))
        if computed:
            box.set("class", f"{box.get('class')} {clock.shown(computed, clock.frames, DIM)}")


def _growing(grads: list[tuple[int, str]]) -> list[tuple[str, int, str]]:
    """The looks of a gradient: not there, arriving, a part of it, all of it."""
    looks = [("", 0, NOT_YET)]
    for k, (i, text) in enumerate(grads):
        looks += [("to", i, text), ("part" if k + 1 < len(grads) else "full", i + 1, text)]
    return looks


def _replace(
    box: ET.Element, text: ET.Element, looks: list[tuple[str, int, str]], clock: Clock
) -> None:
    """In place of one text several, each until the next begins."""
    box.remove(text)
    ends = [first for _, first, _ in looks[1:]] + [clock.frames]
    for (kind, first, words), end in zip(looks, ends, strict=True):
        if first < end:
            classes = f"{text.get('class')} {kind} {clock.shown(first, end)}"
            look = ET.SubElement(box, "text", {**text.attrib, "class": " ".join(classes.split())})
            look.text = words
