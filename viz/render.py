"""DOT text to pictures, with whichever Graphviz there is: graphviz-pure, or the real `dot`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["RenderError", "find_renderer", "render"]

TIMEOUT = 60.0  # seconds; 5,000 nodes take graphviz-pure about ten

NO_RENDERER = (
    "no Graphviz was found, so this is the graph as DOT text. "
    "`pip install graphviz-pure` draws it, as does the `dot` of a Graphviz installation."
)


class RenderError(RuntimeError):
    """A picture could not be drawn."""


def find_renderer() -> str | None:
    """The program that draws: graphviz-pure beside this Python, else on PATH, else `dot`."""
    beside = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    for folder in beside:
        found = shutil.which("graphviz-pure", path=str(folder))
        if found:
            return found
    return shutil.which("graphviz-pure") or shutil.which("dot")


def render(dot: str, format: str = "svg") -> bytes:
    """A picture of DOT text, as svg or png.

    Raises:
        ValueError: format is neither.
        RenderError: there is no renderer, or it failed or took too long.
    """
    if format not in ("svg", "png"):
        raise ValueError(f"format must be 'svg' or 'png', got {format!r}")
    program = find_renderer()
    if program is None:
        raise RenderError(NO_RENDERER)
    try:
        done = subprocess.run(
            [program, "-Kdot", f"-T{format}"],
            input=dot.encode(),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"{Path(program).name} took longer than {TIMEOUT:g} s") from None
    except OSError as error:
        raise RenderError(f"{program} could not be run: {error}") from None
    if done.returncode or not done.stdout:
        message = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        raise RenderError(f"{Path(program).name} failed: {message}")
    return done.stdout
