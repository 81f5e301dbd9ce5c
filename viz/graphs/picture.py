"""`draw`: a picture that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import base64
import html
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import engine
import nn
from engine import Compiled, Node, NodeArray, Opening
from engine.array_programs import Plan
from engine.compilation import Uncollected
from engine.files import naming

from ..drawing import RenderError, about_of, render
from .dot import to_dot
from .memory_plan import plan_dot
from .traced import trace
from .unfolding import in_frame, unfolding

SUFFIXES = (".svg", ".png", ".html", ".dot")
WHOLE = 1000  # nodes: the largest graph that an interactive picture draws node by node
ROOM = 630  # points (840 pixels): the room a cell has at a laptop's width, beside the list of files


class Picture:
    """A picture of a graph, as it was when it was drawn.

    In a notebook it shows itself; `print` gives the DOT text.  Where there is no Graphviz, both
    show the text and say what to install.

    Attributes:
        dot: the DOT text.
        interactive: whether a notebook shows it as a page, in which modules open and close.

    >>> Picture("digraph { a -> b }")
    <Picture of 18 characters of DOT; .save("graph.svg"), or leave it as the last line of a cell>
    """

    def __init__(self, dot: str, interactive: bool = False) -> None:
        self.dot = dot
        self.interactive = interactive
        self._svg: str | None = None

    def svg(self) -> str:
        """The picture as svg text, from `<svg` on.

        Raises:
            RenderError: there is no Graphviz, or it failed.
        """
        if self._svg is None:
            text = render(self.dot, "svg").decode("utf-8")
            self._svg = text[text.index("<svg") :]
        return self._svg

    def page(self) -> str:
        """The picture as a page of HTML: modules open and close by a click, names are found.

        Raises:
            RenderError: there is no Graphviz, or it failed.
        """
        return unfolding(self.svg(), "TB" if "rankdir=TB" in self.dot else "LR")

    def save(self, path: str | Path) -> Path:
        """Write the picture to `path`, in the format its suffix names; return the path.

        Raises:
            ValueError: the suffix is not .svg, .png, .html or .dot.
            RenderError: another than .dot was asked for, and there is no Graphviz, or it failed.
            OSError: the file cannot be written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"the file must end in {', '.join(SUFFIXES)}, got {str(path)!r}")
        if suffix == ".html":
            raw = self.page().encode()
        else:
            raw = self.dot.encode() if suffix == ".dot" else render(self.dot, suffix[1:])
        with naming(path):
            path.write_bytes(raw)
        return path

    def __str__(self) -> str:
        return self.dot

    def __repr__(self) -> str:
        return (
            f"<Picture of {len(self.dot):,} characters of DOT; "
            '.save("graph.svg"), or leave it as the last line of a cell>'
        )

    # --- how notebooks ask ---

    def _svg_or_problem(self) -> tuple[str | None, str]:
        """The svg, no wider than its cell, or why there is none: a repr must never raise."""
        try:
            return _fitted(self.svg()), ""
        except RenderError as error:
            return None, str(error)

    def _repr_svg_(self) -> str | None:
        return self._svg_or_problem()[0]

    def _repr_html_(self) -> str:
        """The picture as an image; where there is none, the text in its place, and why.

        A drawing that stands in the page itself is taken out by GitHub, and by a JupyterLab that
        does not trust the notebook.  An image stays, and is no wider than its cell.
        """
        svg, problem = self._svg_or_problem()
        if svg is not None:
            still = image(self.svg(), about_of(self.svg()))
            return in_frame(self.page(), still) if self.interactive else still
        return f"<p>{html.escape(problem)}</p><pre>{html.escape(self.dot)}</pre>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg, problem = self._svg_or_problem()
        if svg is not None and self.interactive:
            text = {"text/plain": repr(self)}
        elif svg is not None:
            text = {"image/svg+xml": svg, "text/plain": repr(self)}
        else:
            text = {"text/plain": f"{problem}\n\n{self.dot}"}
        return {"text/html": self._repr_html_(), **text}


def image(svg: str, alt: str) -> str:
    """An svg as an image that holds itself, for a page of HTML; `alt` is said in its place."""
    encoded = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return (
        f'<img alt="{html.escape(alt)}" style="max-width:100%;height:auto" '
        f'src="data:image/svg+xml;base64,{encoded}">'
    )


def _fitted(svg: str) -> str:
    """A large svg as wide as whatever it stands in: JupyterLab would scroll it otherwise.

    >>> _fitted('<svg width="840pt" height="90pt" viewBox="0 0 840 90">')
    '<svg width="100%" viewBox="0 0 840 90">'
    >>> _fitted('<svg width="84pt" height="9pt" viewBox="0 0 84 9">')
    '<svg width="84pt" height="9pt" viewBox="0 0 84 9">'
    """
    size = re.match(r'<svg width="([\d.]+)pt" height="[\d.]+pt"', svg)
    if size is None or float(size[1]) <= ROOM:
        return svg
    return f'<svg width="100%"{svg[size.end() :]}'


def draw(
    root: Any, *inputs: Any, interactive: bool = False, opened: bool = False, **options: Any
) -> Picture:
    """A picture of a graph as it is now: draw after `backward` to see gradients.

    Args:
        root: a Value or a Tensor, the result whose graph is drawn; or an `nn.Module`, which is
            run on `inputs` under `viz.trace` (of an array of Values the sum is drawn); or the
            `plan()` of a compiled function, whose buffers are drawn as bars over its lines.
        interactive: show it in a notebook as a page: modules open and close by a click, names are
            found; a graph of up to 1,000 nodes is drawn whole.  Any picture can be saved so, as
            .html.
        opened: draw what a call that is one node (compiled, or by `engine.checkpoint`) is made of.
        options: as `viz.to_dot`: direction, dark, max_nodes, fold, depth, around, radius, local,
            style, flow, seen; of a plan, dark alone.

    Raises:
        TypeError, ValueError: as `viz.to_dot`; inputs were given though root is not
            a model; or the model returns no node, but a tuple of them, say.

    >>> from engine import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> "a" in draw(a * b).dot
    True
    """
    if isinstance(root, nn.Module):
        with trace(root) as seen, Opening() if opened else nullcontext():
            y = root(*inputs)
        if not isinstance(y, Node | NodeArray):
            raise TypeError(
                f"{type(root).__name__} returns a {type(y).__name__}, and what is drawn is one "
                "node: run the model under `with viz.trace(model) as seen`, choose one of its "
                "results, y, and draw it by viz.draw(y, seen=seen)"
            )
        root = y.sum() if isinstance(y, NodeArray) else y
        options = {"seen": seen, **options}
    elif isinstance(root, Compiled):
        raise TypeError(
            f"draw() of the compiled function {root.__name__}: draw what it returns, one node, or "
            f"its memory, {root.__name__}.plan()"
        )
    elif inputs:
        raise TypeError(
            f"draw() takes inputs only for an nn.Module to run on, and root is a "
            f"{type(root).__name__}: draw what it returns, draw(root(inputs))"
        )
    elif opened:
        root = engine.opened(root)
    if isinstance(root, Plan):
        return Picture(plan_dot(root, **options))
    if interactive:
        options = {"max_nodes": WHOLE, **options}
    with Uncollected():  # a third of the time for 80,000 nodes
        dot = to_dot(root, **options)
    return Picture(dot, interactive)
