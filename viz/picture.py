"""`draw`: a picture of a graph that shows itself in a notebook and saves itself."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from .dot import to_dot
from .render import RenderError, render

__all__ = ["Picture", "draw"]


class Picture:
    """A graph, drawn: shows itself as SVG in a notebook, saves as svg, png or dot.

    Where nothing can draw it, it shows its DOT text and says what is missing.
    """

    def __init__(self, dot: str) -> None:
        self.dot = dot

    def svg(self) -> str:
        """The picture as SVG text.

        Raises:
            RenderError: no renderer, or it failed.
        """
        return render(self.dot, "svg").decode()

    def png(self) -> bytes:
        """The picture as PNG bytes.

        Raises:
            RenderError: no renderer, or it failed.
        """
        return render(self.dot, "png")

    def save(self, path: str | Path) -> Path:
        """Write the picture in the format its suffix names (.svg, .png or .dot); the path.

        Raises:
            ValueError: another suffix.
            RenderError: no renderer, or it failed; nothing is written then.
        """
        path = Path(path)
        if path.suffix == ".dot":
            content = self.dot.encode()
        elif path.suffix in (".svg", ".png"):
            content = render(self.dot, path.suffix[1:])
        else:
            raise ValueError(f"a picture is saved as .svg, .png or .dot, got {path.name!r}")
        path.write_bytes(content)
        return path

    def __repr__(self) -> str:
        return self.dot

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the SVG, or the text and why there is no picture."""
        try:
            svg = self.svg()
        except RenderError as error:
            message = html.escape(str(error))
            return {
                "text/html": f"<p>{message}</p><pre>{html.escape(self.dot)}</pre>",
                "text/plain": f"{error}\n\n{self.dot}",
            }
        return {"image/svg+xml": svg[svg.index("<svg") :], "text/plain": "a graph, as a picture"}


def draw(root: Any, *, direction: str = "LR", dark: bool = False, max_nodes: int = 200) -> Picture:
    """A picture of the graph below `root`, as it is now; arguments and errors as `to_dot`.

    >>> from engine import Value
    >>> draw(Value(2.0, label="x") * 3).dot.splitlines()[0]
    'digraph graph_of_gradients {'
    """
    return Picture(to_dot(root, direction=direction, dark=dark, max_nodes=max_nodes))
