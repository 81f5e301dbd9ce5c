"""The public names that are no functions and no classes of this project: what each is.

Numbers, dtypes, tables and what other libraries own have no docstring to read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: What it is, and an example: statements, one a line.
CONSTANTS: dict[str, tuple[str, str]] = {
    "engine.REAL": (
        "All numbers: where an input of a row lies if the row says nothing.",
        "str(engine.REAL)",
    ),
    "engine.Rng": (
        "What an argument `rng` may be: a seed, a generator, or None for the default one.",
        "isinstance(0, engine.Rng)",
    ),
    "engine.Size": ("A shape's type under PyTorch's name: Python's tuple.", "engine.Size([2, 3])"),
    "engine.e": ("Euler's number.", "engine.e"),
    "engine.functions": (
        "Functions composed of ops, by name: they have no row of their own.",
        '"stack" in engine.functions, "stack" in engine.registry',
    ),
    "engine.inf": ("Infinity.", "engine.inf"),
    "engine.nan": ("Not a number.", "engine.nan"),
    "engine.pi": ("The ratio of a circle's circumference to its diameter.", "engine.pi"),
    "engine.registry": (
        "The table: every op by name, in the order in which they were defined; read only.",
        'engine.registry["tanh"]',
    ),
    "engine.linalg.LinAlgError": (
        "NumPy's error for a matrix that an algorithm cannot work with, such as a singular one.",
        "issubclass(engine.linalg.LinAlgError, ValueError)",
    ),
    "viz.plots.CYCLE": (
        "The colours of a plot's lines, in order.",
        "from viz import plots\nplots.CYCLE[0]",
    ),
    "viz.plots.LEGEND": ("How legends are written.", "from viz import plots\nplots.LEGEND"),
    "viz.plots.Rectangle": (
        "Matplotlib's rectangle, for plots of your own.",
        "from viz import plots\nplots.Rectangle((0, 0), 2, 1).get_width()",
    ),
}


def constant(name: str, thing: Any) -> tuple[str, str]:
    """What a constant is, and the statements of an example of it.

    Raises:
        KeyError: nothing is known of it: give it a line in `CONSTANTS`.

    >>> constant("engine.half", np.dtype("float16"))
    ("NumPy's dtype `float16`.", 'engine.zeros(2, dtype=engine.half).dtype')
    """
    if isinstance(thing, np.dtype):
        return f"NumPy's dtype `{thing.name}`.", f"engine.zeros(2, dtype={name}).dtype"
    return CONSTANTS[name]
