"""Heat strips in Graphviz's HTML: the cells of `engine.showing`, on the ground of a theme."""

from __future__ import annotations

from collections.abc import Iterable

from engine.showing import BINS, CELL, NEGATIVE, POSITIVE, Heat

from .style import Theme, mix

#: Strips that stand for all others in a picture's key.
SIGNED = Heat(((-1.0, -0.5, 0.0, 0.5, 1.0),))
SPREAD = Heat(((0.0, 0.1, 0.4, 0.7, 1.0),), spread=True)


def heat_cells(heat: Heat, theme: Theme) -> str:
    """The strip as a table of coloured cells, in Graphviz's HTML."""
    rows = "".join(
        f"<TR>{''.join(_cell(c, heat.spread, theme) for c in row)}</TR>" for row in heat.cells
    )
    width, height = (1 + (CELL + 1) * n for n in (len(heat.cells[0]), len(heat.cells)))
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="0" FIXEDSIZE="TRUE" '
        f'ALIGN="LEFT" WIDTH="{width}" HEIGHT="{height}">{rows}</TABLE>'
    )


def heat_key(heats: Iterable[Heat], theme: Theme) -> list[tuple[str, str]]:
    """What the strips of a picture mean: a sample of each kind there is, as cells, and its words.

    >>> from .style import LIGHT
    >>> [words for _, words in heat_key([Heat(((0.5, -1.0),))], LIGHT)]
    ['each number: blue negative, white 0, orange positive, deepest where the largest is']
    """
    heats = list(heats)
    lost = any(c is None for heat in heats for row in heat.cells for c in row)
    samples = [
        (SIGNED, any(not heat.spread for heat in heats),
         f"each number: blue negative, {theme.blank} 0, orange positive, deepest where the largest "
         "is"),
        (Heat(((None,),)), lost, "nan or inf"),
        (SPREAD, any(heat.spread for heat in heats),
         f"{BINS} equal steps from the smallest number to the largest: the {theme.more}, the more "
         "numbers are there"),
    ]  # fmt: skip
    return [(heat_cells(sample, theme), words) for sample, there, words in samples if there]


def _cell(c: float | None, spread: bool, theme: Theme) -> str:
    if c is None:
        colour = theme.foreground
    elif spread:  # the root brings out steps with few numbers in them
        colour = mix(theme.quiet, theme.background, 0.1 + 0.9 * c**0.5 if c else 0.06)
    else:
        colour = mix(POSITIVE if c > 0 else NEGATIVE, theme.background, 0.08 + 0.92 * abs(c))
    return f'<TD BGCOLOR="{colour}" FIXEDSIZE="TRUE" WIDTH="{CELL}" HEIGHT="{CELL}"></TD>'
