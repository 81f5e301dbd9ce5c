"""A picture as a page of its own: modules open and close by a click, names are found.

All that the page needs is in it: Graphviz has laid the whole graph out, and a script takes out the
room that a closed module leaves.  Without the script the page shows the whole picture.
"""

from __future__ import annotations

import html
from importlib import resources
from string import Template

from ..drawing import DARK, LIGHT, LOOKS, Theme, about_of, mix

FRAME = 480  # points: how high the page stands in a notebook
TITLE = "the graph; modules open and close"


def unfolding(svg: str, direction: str) -> str:
    """The page around an svg of `Picture.svg`, as HTML.

    A picture drawn on light ground follows the reader's preference; one drawn dark stays dark.

    Args:
        direction: the picture's, "LR" or "TB".
    """
    texts = {
        kind: resources.files(__package__).joinpath("web", f"unfolding.{kind}").read_text("utf-8")
        for kind in ("html", "css", "js")
    }
    drawn_dark = f'fill="{DARK.background}"' in svg
    return Template(texts["html"]).substitute(
        theme="dark" if drawn_dark else "",
        about=about_of(svg),
        css=texts["css"] + dark_css(drawn_dark),
        direction=direction,
        svg=svg,
        script=texts["js"],
    )


def in_frame(page: str, still: str) -> str:
    """A page in a notebook: in a frame, and where frames are taken out the picture `still`."""
    return (
        "<style>.twingrad-graph + .twingrad-still {display: none}</style>"
        f'<iframe class="twingrad-graph" sandbox="allow-scripts" title="{TITLE}" '
        f'style="box-sizing:border-box;width:100%;height:{FRAME}px;border:1px solid #8886" '
        f'srcdoc="{html.escape(page)}"></iframe><div class="twingrad-still">{still}</div>'
    )


def dark_css(always: bool) -> str:
    """The dark colours of the page and, where the picture is light, of what is drawn in it."""
    ink = (
        f":root {{ color-scheme: dark; --ground: {DARK.background}; --ink: {DARK.foreground}; "
        f"--quiet: {DARK.quiet}; --hit: #56b4e9 }}"
    )
    if always:
        return f"{ink}\n"
    pairs = dict(zip(_colours(LIGHT), _colours(DARK), strict=True))
    rules = [
        f'svg [{part}="{light}"] {{ {part}: {dark} }}'
        for light, dark in pairs.items()
        for part in ("fill", "stroke")
    ]
    return "@media (prefers-color-scheme: dark) {\n" + "\n".join([ink, *rules]) + "\n}\n"


def _colours(theme: Theme) -> list[str]:
    """What a picture is drawn with, apart from the colours that are the same on any ground."""
    tints = [mix(look.colour, theme.background, theme.tint) for look in LOOKS.values()]
    return [theme.background, theme.foreground, theme.quiet, *theme.frame, *tints]
