"""How pictures look: the Okabe–Ito colours, one look for each kind of node, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

#: Eight colours that people with any kind of colour vision can tell apart.  Source: M. Okabe and
#: K. Ito, "Color Universal Design", 2008.
OKABE_ITO = {
    "black": "#000000",
    "orange": "#e69f00",
    "sky blue": "#56b4e9",
    "bluish green": "#009e73",
    "yellow": "#f0e442",
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "reddish purple": "#cc79a7",
}


def mix(colour: str, ground: str, part: float) -> str:
    """`part` of a colour (0 to 1) on a ground, both `#rrggbb`.

    >>> mix("#ffffff", "#000000", 0.2)
    '#333333'
    """
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(part * a + (1 - part) * b):02x}" for a, b in pairs)


@dataclass(frozen=True)
class Look:
    """A kind of node: its colour, and the shape that tells the same without colour.

    Attributes:
        colour: of the outline; the inside is a tint of it.
        shape: Graphviz's name.
        style: Graphviz's style, before `filled`.
        outlines: how many lines go around.
    """

    colour: str
    shape: str
    style: str = "solid"
    outlines: int = 1


#: A leaf that collects a gradient, one that does not, a plain number or array, the result of an
#: op, the result the picture was asked for, and a box that stands for several nodes.
LOOKS = {
    "leaf": Look(OKABE_ITO["bluish green"], "box", "rounded"),
    "input": Look(OKABE_ITO["sky blue"], "note"),
    "constant": Look("#888888", "ellipse", "dashed"),
    "result": Look(OKABE_ITO["orange"], "box"),
    "output": Look(OKABE_ITO["vermillion"], "box", outlines=2),
    "fold": Look(OKABE_ITO["reddish purple"], "folder"),
}


@dataclass(frozen=True)
class Tone:
    """What makes a box or an arrow stand out, or step back: never the colour alone."""

    colour: str
    width: float = 1.0
    style: str = ""


#: Something went wrong here; a gradient ends here; present in the first graph only, in the second
#: only, in both but not the same; a link between two graphs.
TONES = {
    "alarm": Tone(OKABE_ITO["vermillion"], 3.0),
    "stop": Tone(OKABE_ITO["blue"], 2.0, "dashed"),
    "first": Tone(OKABE_ITO["blue"], 2.5, "dashed"),
    "second": Tone(OKABE_ITO["bluish green"], 2.5),
    "changed": Tone(OKABE_ITO["vermillion"], 3.0),
    "link": Tone(OKABE_ITO["reddish purple"], 1.0, "dashed"),
}


@dataclass(frozen=True)
class Theme:
    """The colours of paper and ink, and how strong a tint fills a node (0 to 1).

    `blank` is the word for the paper, `more` for what stands out from it.
    """

    background: str
    foreground: str
    quiet: str  # for what is read second: captions, names of rows, edges
    tint: float

    @property
    def frame(self) -> tuple[str, str]:
        """The ground of a frame around boxes, and its line."""
        return mix(self.foreground, self.background, 0.035), mix(self.quiet, self.background, 0.5)

    blank: str
    more: str


LIGHT = Theme("#ffffff", "#1a1a1a", "#555555", 0.13, "white", "darker")
DARK = Theme("#16181d", "#f0f0f0", "#b4b4b4", 0.25, "black", "lighter")
