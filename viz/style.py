"""Colours and kinds of nodes: a palette that colour-blind readers can tell apart, light and dark.

Colours are Okabe and Ito's ("Color Universal Design", 2008).  No meaning hangs on colour alone:
every kind of node also has its own border and says its kind in words.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Kind", "Theme", "kinds"]


@dataclass(frozen=True)
class Theme:
    """Colours of a picture."""

    background: str
    text: str
    muted: str
    edge: str
    parameter: str  # leaves that collect a gradient
    constant: str  # leaves that do not
    result: str  # what ops made
    root: str  # what the picture is of


LIGHT = Theme("white", "#1a1a1a", "#555555", "#555555", "#0072b2", "#767676", "#a65500", "#006f51")
DARK = Theme("#16181d", "#f2f2f2", "#b8bcc4", "#b8bcc4", "#56b4e9", "#a0a0a0", "#e69f00", "#2dc79a")


@dataclass(frozen=True)
class Kind:
    """How a kind of node is drawn: its word, its colour (a Theme field) and its border."""

    word: str
    colour: str
    style: str  # Graphviz table style
    border: int


kinds = {
    "leaf": Kind("leaf", "parameter", "ROUNDED", 2),
    "constant": Kind("constant", "constant", "ROUNDED,DASHED", 1),
    "result": Kind("", "result", "", 1),
    "root": Kind("result", "root", "", 3),
}
