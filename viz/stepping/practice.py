"""`practice`: a page that hides what backward adds next, and asks for it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from engine import Node, Value
from engine.looking import BackwardPass
from engine.showing import Names, signed

from ..drawing import GraphTooLargeError, checked_order
from .exercises import LEVELS, exercise
from .layout import Drawing, safe
from .offline import OfflinePage
from .page import page_data, rows, table
from .program import asset, filled, program, script_json
from .stepper import drawn
from .steps import walk
from .tasks import tasks

FILES = ("practice.css", "answers.js", "practice.js")  # of the script, beside those of every page
EXERCISES = 5  # in a page of one level
MOST = 100  # questions about one graph

SCRIPTS = "This page asks and listens: it needs scripts, and shows nothing of its answers without."


class Practice(OfflinePage):
    """Exercises in one page: each graph's gradients are asked for, edge by edge.

    In a notebook it shows itself; `save` writes it as one HTML file that needs nothing else.

    Attributes:
        roots: the results whose gradients are asked for.
        html: the page.

    >>> from engine import Value
    >>> from viz import practice
    >>> practice(Value(2.0, label="a") * Value(-3.0, label="b"))
    <Practice of 1 exercise; .save("practice.html"), or the last line of a cell>
    """

    def __init__(self, roots: list[Value], titles: list[str]) -> None:
        self.roots = roots
        exercises = [
            _exercise(root, f"Exercise {i} of {len(roots)}{title}")
            for i, (root, title) in enumerate(zip(roots, titles, strict=True), 1)
        ]
        declared = f"const exercises = {script_json(exercises)};\n{asset('web/exercises.js')}"
        self.html = filled(
            program(FILES, declared),
            title="practice: backward by hand",
            what="",
            svg=f"<p>{SCRIPTS}</p>",
            table="",
            count="the",
        )

    def __repr__(self) -> str:
        exercises = "1 exercise" if len(self.roots) == 1 else f"{len(self.roots)} exercises"
        return f'<Practice of {exercises}; .save("practice.html"), or the last line of a cell>'

    def _repr_html_(self) -> str:
        """The page in a frame; where frames are taken out, how to get at it."""
        still = '<p>Practice needs scripts: run this cell, or save it as a page by .save("…").</p>'
        return self._framed("practice: backward by hand", still)


def _exercise(root: Value, title: str) -> dict[str, Any]:
    """What the page needs of one graph."""
    order = checked_order(root)
    one = BackwardPass(root)
    seed = one.running(root)
    with np.errstate(all="ignore"):
        steps = list(walk(one, commit=False))
    names = steps[0].names if steps else Names(order)
    lines = rows(steps, names, seed)
    asked = tasks(steps)
    if not asked:
        raise ValueError(f"nothing to ask: no gradient flows from {names.root} to anything else")
    if unknown := [task for task in asked if not math.isfinite(task.answer)]:
        raise ValueError(
            f"nothing to compute by hand: {unknown[0].question} {signed(unknown[0].answer)}; "
            "practise on finite numbers"
        )
    if len(asked) > MOST:
        raise GraphTooLargeError(
            f"the graph has {len(asked):,} edges to ask about, more than {MOST}: "
            "practise on a smaller result"
        )
    drawing = drawn(steps, names, seed, "LR")
    return {
        "svg": drawing.svg if isinstance(drawing, Drawing) else f"<p>{safe(drawing)}</p>",
        "what": title,
        "table": table(lines),
        "data": page_data(lines, names)
        | {
            "tasks": [asdict(task) for task in asked],
            "known": {names(node): float(node.data) for node in order},
        },
    }


def practice(root: Any = None, *, level: int | None = None, seed: int | None = None) -> Practice:
    """A page of exercises: it hides what backward adds next, and asks for it, number or term.

    Args:
        root: a Value whose gradients are asked for; without one, random small graphs are made.
        level: of five graphs: 1 one op, 2 a chain of two, 3 a node used twice, 4 tanh, exp, relu
            or a power, 5 neurons; by default one of each.
        seed: of the random graphs; the same seed, the same exercises.

    Raises:
        TypeError: root is no Value.
        ValueError: level is not 1 to 5, or given with a root; seed is no whole number from 0; no
            gradient flows from root, or one that is nan or infinite;
            (`GraphTooLargeError`) there is too much to ask.

    >>> from engine import Value
    >>> practice(Value(2.0, label="a") * 3)
    <Practice of 1 exercise; .save("practice.html"), or the last line of a cell>
    >>> practice(level=2, seed=0)
    <Practice of 5 exercises; .save("practice.html"), or the last line of a cell>
    """
    if root is not None:
        if level is not None or seed is not None:
            raise ValueError(
                "practice() takes a root or the level and seed of random graphs, not both"
            )
        if not isinstance(root, Value):
            way = "; engine.expand(…) makes one of an element of a Tensor"
            raise TypeError(
                f"practice() asks for single numbers: root must be a Value, got "
                f"{type(root).__name__}{way if isinstance(root, Node) else ''}"
            )
        return Practice([root], [""])
    if level is not None and level not in LEVELS:
        raise ValueError(f"level must be 1 to {max(LEVELS)}, got {level!r}")
    if seed is not None and not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"seed must be a whole number from 0, got {seed!r}")
    rng = np.random.default_rng(seed)
    levels = list(LEVELS) if level is None else [level] * EXERCISES
    return Practice([exercise(one, rng) for one in levels], [f": {LEVELS[one]}" for one in levels])
