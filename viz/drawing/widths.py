"""How wide text comes out in a browser, so that boxes have room for it whatever font is there.

Graphviz lays pictures out for Helvetica.  Where that font is missing a browser takes another one:
of those in common use DejaVu Sans, the fallback on Linux, has the widest letters.
"""

from __future__ import annotations

import math
import unicodedata

from .text import lines_of

#: Advance widths of DejaVu Sans 2.37, in hundredths of the font size, and who has them.
REGULAR = {
    28: "'ijl", 29: "IJ", 32: " ,.·", 34: "/:;\\|", 36: "-f", 39: "()[]t", 41: "!r", 46: '"',
    50: "*_`", 53: "?csz∂", 56: "L", 59: "FPkvxy", 61: "TYaeo", 64: "$0123456789ESbdghnpqu{}",
    67: "K∇", 70: "ABCRVXZ", 75: "DHNU", 78: "&G", 79: "OQ", 82: "w", 84: "#+<=>^~×→÷−", 87: "M",
    95: "%", 98: "m", 100: "@W…",
}  # fmt: skip
BOLD = {
    31: "'", 35: " ijl", 38: "/,.IJ\\|·", 40: ":;", 42: "-", 44: "f", 46: "!()[]", 49: "rt",
    51: "_`", 55: '"*∂', 59: "?cz", 60: "s", 64: "L", 66: "vxy", 69: "EFTaeko",
    72: "$0123456789SYbdghnpqu{}∇", 74: "CPZ", 78: "ABKRVX", 83: "DGHNU", 85: "#+<=>OQ^~×→÷−",
    88: "&", 93: "w", 100: "%@M…", 105: "m", 111: "W",
}  # fmt: skip
LETTERS = tuple(
    {letter: width / 100 for width, letters in font.items() for letter in letters}
    for font in (REGULAR, BOLD)
)
OTHER = 0.8  # of the size, for a letter of another alphabet
SQUARE, PICTOGRAM = 1.1, 1.3  # Chinese characters and the like; emoji
LESS = 0.2  # by how much a letter of Helvetica is narrower, at most
SPACE = 0.278  # of the size, Helvetica's
FAR = 24  # points


def points(text: str, size: float, bold: bool = False) -> int:
    """How wide the longest line of a text may come out at a font size.

    >>> points("abc", 10), points("日本", 10), points("wide\\nx", 10, bold=True)
    (18, 22, 27)
    """
    letters = LETTERS[bold]
    widest = max(sum(letters.get(c) or _other(c) for c in line) for line in lines_of(text))
    return math.ceil(round(widest * size, 6))  # 7 × 0.8 is 5.6 or a bit more, as Python adds it


def _other(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) not in "WF":
        return OTHER
    return PICTOGRAM if character > "\U0001f000" else SQUARE


def centred(text: str, size: float, bold: bool = False) -> tuple[int, bool]:
    """How wide a cell must be for a text in its middle, and whether it can stand there.

    Graphviz puts a text where its first letter has to be for Helvetica; if the letters are wider
    it runs out to the right, and to the left there must be as much room again.  Letters Graphviz
    does not know it takes for spaces: text of many of those stands better on the left.

    >>> centred("abc", 100), centred("αβγδεζη", 10)
    ((214, True), (56, False))
    """
    letters = LETTERS[bold]
    wide = points(text, size, bold)
    aside = size * max(
        sum(letters[c] * LESS if c in letters else _other(c) - SPACE for c in line)
        for line in lines_of(text)
    )
    known = all(c.isascii() or c in letters for c in text)
    return (wide + round(aside), True) if known or aside < FAR else (wide, False)
