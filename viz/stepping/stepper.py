"""`step_through`: a page that shows backward one edge at a time, in a notebook or as one file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.looking import BackwardPass
from engine.showing import Names, printable

from ..drawing import GraphTooLargeError, RenderError, checked_order
from ..graphs import check_direction, image
from .elements import Index
from .layout import Drawing, Texts, arrange, safe
from .moving import moving
from .offline import STEP_SUFFIXES, OfflinePage, checked, written
from .page import LARGEST, page, rows, short, slope, table, value
from .steps import BackwardStep, Step, walk

MAX_NODES = 1000
MAX_STEPS = 8000


class Stepper(OfflinePage):
    """A backward pass to look at, step by step, as it was when this was made.

    In a notebook it shows itself; `save` writes it as one HTML file that needs nothing else, or
    as a picture that moves; `print` gives the steps as text.  No `.grad` is touched: what the last
    step shows is what `backward` would add to it.

    Attributes:
        steps: all steps, as `viz.steps` gives them.
        html: the page.

    Raises:
        GraphTooLargeError: the page would be larger than a browser takes well.

    >>> from engine import Value
    >>> from viz import step_through
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> page = step_through(a * b)
    >>> print(page.steps[-1])
    ∂L/∂b += ∂L/∂L · ∂(a × b)/∂b = 1 × 2 = 2   (0 → 2)
    """

    def __init__(
        self, order: list[Any], gradient: Any, direction: str, elements: Mapping[str, Any]
    ) -> None:
        one = BackwardPass(order[-1], gradient)
        seed = one.running(order[-1])
        with np.errstate(all="ignore"):
            self.steps = _collected(walk(one, commit=False))
            names = self.steps[0].names if self.steps else Names(order)
            self._rows = rows(self.steps, names, seed)
            self._drawing = drawn(self.steps, names, seed, direction)
            self._names = names
            self.html = page(self._rows, names, self._drawing, _chosen(elements, names))
        size = len(self.html.encode("utf-8"))
        if size > LARGEST * max(1.0, len(order) / MAX_NODES):
            raise GraphTooLargeError(
                f"the page would take {size / 1e6:.1f} MB, more than {LARGEST / 1e6:g}, for "
                f"{len(order):,} nodes and {len(self._rows):,} steps: step through an earlier "
                "result, or read viz.steps(root), which has no limit"
            )

    def save(self, path: str | Path, *, dark: bool = False) -> Path:
        """Write the page to `path`, or a moving picture if that ends in .svg; return the path.

        The picture shows each step for a moment, needs no script, and stands still where the
        reader wants nothing to move.

        Args:
            path: ends in .html, .htm or .svg.
            dark: the picture is light on dark; a page is as its reader's system is.

        Raises:
            ValueError: another suffix; dark, of a page; (`GraphTooLargeError`) too many steps for
                a picture.
            RenderError: a picture was asked for, and there is no Graphviz, or it failed.
            OSError: the file cannot be written.
        """
        path = checked(path, STEP_SUFFIXES)
        if path.suffix.lower() == ".svg":
            return written(path, moving(self._rows, self._names, self._drawing, dark))
        if dark:
            raise ValueError(
                f"dark=True is for a moving picture, .svg: a page is light or dark as its "
                f"reader's system is, got {str(path)!r}"
            )
        return super().save(path)

    def text(self) -> str:
        """The steps for a terminal, a line each.

        >>> from engine import Value
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> print(step_through(a * b).text())
        forward
          1  L = a × b = 2 × −3 = −6
        backward
          2  ∂L/∂L = 1
          3  ∂L/∂a += ∂L/∂L · ∂(a × b)/∂a = 1 × −3 = −3   (0 → −3)
          4  ∂L/∂b += ∂L/∂L · ∂(a × b)/∂b = 1 × 2 = 2   (0 → 2)
        """
        wide = len(str(len(self._rows)))
        lines = ["forward"] if self._rows[0].step is not None else []
        for i, row in enumerate(self._rows, 1):
            if row.step is None:
                lines.append("backward")
            running = f"   ({row.running})" if isinstance(row.step, BackwardStep) else ""
            lines.append(f"  {i:>{wide}}  {printable(row.text)}{running}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return (
            f"<Stepper of {len(self._rows):,} steps; "
            '.save("steps.html"), .text(), or leave it as the last line of a cell>'
        )

    def _repr_html_(self) -> str:
        """The page in a frame; beside it, for where frames are taken out, picture and table."""
        if isinstance(self._drawing, Drawing):
            picture = image(self._drawing.alone(), printable(f"graph of {self._names.root}"))
        else:
            picture = f"<p>{safe(self._drawing)}</p>"
        return self._framed("backward, step by step", picture + table(self._rows))


def step_through(
    root: Any,
    gradient: Any = None,
    *,
    direction: str = "LR",
    max_nodes: int = MAX_NODES,
    elements: Mapping[str, Any] | None = None,
) -> Stepper:
    """A page that shows `root.backward(gradient)` edge by edge: upstream × local, added up.

    Args:
        root: a Value or a Tensor.
        gradient: as `backward` takes it.
        direction: "LR" lets results stand to the right of their inputs, "TB" below them.
        max_nodes: the largest graph to show.
        elements: of arrays too large to be shown whole, the elements to write out number by
            number: an index or a list of indices for each array's name, `{"w": [(0, 1), (2, 3)]}`.

    Raises:
        TypeError, ValueError, RuntimeError: as `viz.steps`; direction is neither; `elements`
            names no array of the graph; (`GraphTooLargeError`) the graph is too large.
        IndexError: an index of `elements` is not one of the array.

    >>> from engine import Value, tanh
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> step_through(tanh(a * b))
    <Stepper of 6 steps; .save("steps.html"), .text(), or leave it as the last line of a cell>
    """
    check_direction(direction)
    order = checked_order(root)
    if len(order) > max_nodes:
        raise GraphTooLargeError(
            f"the graph has {len(order):,} nodes, more than the {max_nodes:,} a page can step "
            "through: step through an earlier result or a smaller batch, or read "
            "viz.steps(root), which has no limit"
        )
    return Stepper(order, gradient, direction, elements or {})


def _collected(steps: Iterable[Step]) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        found.append(step)
        if len(found) > MAX_STEPS:
            raise GraphTooLargeError(
                f"the graph has more than the {MAX_STEPS:,} steps a page can hold: step through "
                "an earlier result, or read viz.steps(root), which has no limit"
            )
    return found


def drawn(steps: list[Step], names: Names, seed: Any, direction: str) -> Drawing | str:
    """The graph with its final gradients, as it stays without scripts; or why there is none."""
    grads: list[list[str]] = [[] for _ in names.order]
    grads[-1].append(short(seed))
    backward = [step for step in steps if isinstance(step, BackwardStep)]
    for step in backward:
        grads[step.input_place].append(short(step.after))
    texts = Texts(
        [value(node) for node in names.order],
        [running or ["none"] for running in grads],
        [slope(step) for step in backward if step.local is not None],
    )
    try:
        return arrange(names.order, names, direction, texts)
    except RenderError as error:
        return str(error)


def _chosen(elements: Mapping[str, Any], names: Names) -> dict[str, list[Index]]:
    """The elements to write out, as lists of index tuples."""
    known = {names(node): node for node in names.order}
    chosen: dict[str, list[Index]] = {}
    for name, wanted in elements.items():
        if name not in known or not known[name].ndim:
            arrays = [key for key, node in known.items() if node.ndim]
            raise ValueError(
                f"elements names {name!r}, which is no array of this graph; its arrays are: "
                f"{', '.join(arrays) or 'none'}"
            )
        indices = wanted if isinstance(wanted, list) else [wanted]
        chosen[name] = [place if isinstance(place, tuple) else (place,) for place in indices]
        for place in chosen[name]:
            _check_place(place, known[name].shape, name)
    return chosen


def _check_place(place: Index, shape: Index, name: str) -> None:
    fits = len(place) == len(shape) and all(
        isinstance(i, int | np.integer) and 0 <= i < n for i, n in zip(place, shape, strict=True)
    )
    if not fits:
        raise IndexError(f"elements: {place} is no index of {name}, which has shape {shape}")
