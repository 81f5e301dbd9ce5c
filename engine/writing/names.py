"""Names for variables: what a label says, as an identifier that nothing else has."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Iterable

#: What a variable may not be called, for the text needs it otherwise.
RESERVED = frozenset((*dir(builtins), *keyword.kwlist, "np", "math"))


def identifier(label: str) -> str:
    """A label as a Python identifier, or "" if none of it can stand in one.

    >>> identifier("layer1.weight"), identifier("a b;c"), identifier("2x"), identifier("!")
    ('layer1_weight', 'a_b_c', '_2x', '')
    """
    text = unicodedata.normalize("NFKC", label)  # as Python reads it
    text = "".join(c if f"a{c}".isidentifier() else " " for c in text)
    text = "_".join(text.split())
    if not text.strip("_"):
        return ""
    return text if text.isidentifier() else f"_{text}"


class Names:
    """The names of one text: each is given once.

    >>> names = Names(["exp"])
    >>> names.taken("w"), names.taken("w"), names.taken("lambda"), names.taken("exp")
    ('w', 'w_2', 'lambda_', 'exp_')
    >>> names.numbered("v"), names.numbered("v")
    ('v1', 'v2')
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = RESERVED | {*reserved}
        self._used = set(self._reserved)
        self._counts: dict[str, int] = {}

    def reserve(self, more: Iterable[str]) -> None:
        """Keep more names from being given."""
        self._reserved |= {*more}
        self._used |= {*more}

    def taken(self, label: str, otherwise: str = "x") -> str:
        """A name for what has this label (or, without one that is of use, `otherwise`)."""
        wanted = identifier(label) or otherwise
        name = f"{wanted}_" if wanted in self._reserved else wanted
        if name in self._used:
            name = self.numbered(f"{wanted}_", after=1)
        self._used.add(name)
        return name

    def numbered(self, stem: str, after: int = 0) -> str:
        """The next of v1, v2, … that is free."""
        while True:
            self._counts[stem] = self._counts.get(stem, after) + 1
            name = f"{stem}{self._counts[stem]}"
            if name not in self._used:
                self._used.add(name)
                return name
