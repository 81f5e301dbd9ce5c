"""From DOT text to svg or png, by whichever Graphviz there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig

FORMATS = ("svg", "png")
TIMEOUT = 30.0

NO_RENDERER = (
    "no Graphviz found, so this picture cannot be rendered: "
    "`pip install graphviz-pure` (or install Graphviz, so that `dot` is on the PATH)"
)


class RenderError(RuntimeError):
    """Graphviz was found, but gave no picture."""


class RendererNotFoundError(RenderError):
    """Neither graphviz-pure nor Graphviz's `dot` was found."""


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
