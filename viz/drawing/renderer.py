"""From DOT text to svg or png, by whichever Graphviz there is."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig

from .titles import titled

FORMATS = ("svg", "png")
TIMEOUT = 30.0

#: What the one font inside graphviz-pure has no letter for, in pixels: all but Latin, Greek and
#: Cyrillic, their accents, and common signs.  (In an svg the letters are the browser's.)
UNKNOWN = re.compile(
    "[^\x00-\u052f\u1d00-\u1dbf\u1e00-\u1eff\u2000-\u2071\u2074-\u208e\u2090-\u209c\u2100-\u214f"
    "\u2190-\u2195\u2202\u2206\u220f\u2211\u2212\u2219\u221a\u221e\u222b\u2248\u2260\u2264\u2265]"
)

NO_RENDERER = (
    "no Graphviz found, so this picture cannot be rendered: "
    "`pip install graphviz-pure` (or install Graphviz, so that `dot` is on the PATH)"
)


class RenderError(RuntimeError):
    """Graphviz was found, but gave no picture.

    >>> from viz.drawing import render
    >>> try:
    ...     render("this is no DOT", "svg")
    ... except RenderError:
    ...     print("refused")
    refused
    """


class RendererNotFoundError(RenderError):
    """Neither graphviz-pure nor Graphviz's `dot` was found.

    >>> issubclass(RendererNotFoundError, RenderError)  # who catches the one, catches both
    True
    """


def find_renderer() -> str | None:
    """The program that renders: graphviz-pure beside this Python, else `dot` on the PATH.

    graphviz-pure comes first because it is the one this package depends on: the same version
    everywhere, whatever the machine has.
    """
    beside = os.path.dirname(os.path.abspath(sys.executable)) if sys.executable else ""
    for folder in (beside, sysconfig.get_path("scripts")):
        found = shutil.which("graphviz-pure", path=folder) if folder else None
        if found:
            return found
    return shutil.which("graphviz-pure") or shutil.which("dot")


def render(dot: str, format: str = "svg", timeout: float = TIMEOUT) -> bytes:
    """The picture that DOT text describes, as the bytes of an svg or png file.

    Args:
        format: "svg" or "png".
        timeout: seconds after which to give up.

    Raises:
        ValueError: another format.
        RendererNotFoundError: there is no Graphviz.
        RenderError: Graphviz refused the text, failed or took too long.

    >>> render("digraph { a -> b }")[:5]
    b'<?xml'
    """
    if format not in FORMATS:
        raise ValueError(f"format must be 'svg' or 'png', got {format!r}")
    program = find_renderer()
    if program is None:
        raise RendererNotFoundError(NO_RENDERER)
    if format == "png" and UNKNOWN.search(dot) and "graphviz-pure" in os.path.basename(program):
        return _in_any_letters(program, dot, timeout)
    picture = _run(program, dot, format, timeout)
    return titled(picture.decode("utf-8")).encode() if format == "svg" else picture


def _in_any_letters(program: str, dot: str, timeout: float) -> bytes:
    """A png by Graphviz's own dot, which has the fonts of the machine.

    Where there is none, or it cannot draw pixels, letters stand as their numbers, U+65E5: boxes
    that all look alike would say nothing.
    """
    other = shutil.which("dot")
    if other is not None:
        with contextlib.suppress(RenderError):
            return _run(other, dot, "png", timeout)
    return _run(program, UNKNOWN.sub(_by_number, dot), "png", timeout)


def _by_number(found: re.Match[str]) -> str:
    return f"[U+{ord(found[0]):04X}]"


def _run(program: str, dot: str, format: str, timeout: float) -> bytes:
    # Pixels at 96 a inch look coarse on today's screens.
    resolution = ["-Gdpi=144"] if format == "png" else []
    command = [program, "-Kdot", f"-T{format}", *resolution]
    try:
        done = subprocess.run(
            command, input=dot.encode("utf-8"), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"{program} gave no picture within {timeout:g} s") from None
    except OSError as error:
        raise RenderError(f"{program} could not be started: {error}") from error
    # Warnings, of missing glyphs for one, go to stderr and mean no harm.
    if done.returncode != 0 or not done.stdout:
        words = done.stderr.decode("utf-8", errors="replace").strip() or "it said nothing"
        raise RenderError(f"{program} ended with status {done.returncode}: {words[:500]}")
    return done.stdout
