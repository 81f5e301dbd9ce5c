"""`Clock`: what is seen when, in a picture that moves by its style sheet alone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

FADE = 0.15  # seconds


class Clock:
    """Frames one after another, for ever; and the CSS that shows an element during some of them.

    Where nothing moves (a reader who asked for that, a print) the last frame is seen.

    Args:
        seconds: how long each frame stays.

    >>> clock = Clock([1.0, 2.0, 1.0])
    >>> clock.shown(1)
    'when s1_2'
    >>> print(clock.style())
    .when{animation:4s linear infinite}
    .s1_2{animation-name:s1_2;opacity:0}
    @keyframes s1_2{0%,25%{opacity:0}28.75%,71.25%{opacity:1}75%,to{opacity:0}}
    """

    def __init__(self, seconds: Iterable[float]) -> None:
        self.begins = [0.0, *accumulate(seconds)]
        self._rules: dict[str, str] = {}

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.begins) - 1

    def shown(self, first: int, end: int | None = None, less: float = 0.0) -> str:
        """The classes of what is seen from a frame on, until `end`: that frame alone by default.

        Args:
            first, end: numbers of frames; `end` is the first that does not show it.
            less: the opacity at other times.
        """
        end = first + 1 if end is None else end
        name = f"s{first}_{end}" + ("dim" if less else "")
        appears, stays = self._part(self.begins[first]), self._part(self.begins[first] + FADE)
        fades, gone = self._part(self.begins[end] - FADE), self._part(self.begins[end])
        rest = f";opacity:{less:g}" if end < self.frames else ""
        before = f"0%,{appears}" if first else "0%"
        after = f"{gone},to" if end < self.frames else "to"
        self._rules[name] = (
            f".{name}{{animation-name:{name}{rest}}}\n"
            f"@keyframes {name}{{{before}{{opacity:{less:g}}}{stays},{fades}{{opacity:1}}"
            f"{after}{{opacity:{less:g}}}}}"
        )
        return f"when {name}"

    def style(self) -> str:
        """The CSS of all classes that were given."""
        always = f".when{{animation:{self.begins[-1]:g}s linear infinite}}"
        return "\n".join([always, *self._rules.values()])

    def _part(self, seconds: float) -> str:
        """A moment as a part of the whole."""
        return f"{100 * seconds / self.begins[-1]:.4g}%"
