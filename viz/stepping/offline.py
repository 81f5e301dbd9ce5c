"""A page that needs nothing else: saved as one file, or in a frame of a notebook."""

from __future__ import annotations

import html
from pathlib import Path

from engine.files import naming

PAGE_SUFFIXES = (".html", ".htm")
STEP_SUFFIXES = (*PAGE_SUFFIXES, ".svg")  # of the steps there is a moving picture too
FRAME = 680  # height in a notebook, in pixels


def checked(path: str | Path, suffixes: tuple[str, ...]) -> Path:
    """A path that ends in one of the suffixes.

    Raises:
        ValueError: it does not.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"the file must end in {' or '.join(suffixes)}, got {str(path)!r}")
    return path


def written(path: Path, text: str) -> Path:
    """The path, once the text is there.

    Raises:
        OSError: the file cannot be written.
    """
    with naming(path):
        path.write_bytes(text.encode())
    return path


class OfflinePage:
    """Base of what is one HTML page.

    Attributes:
        html: the page.
    """

    html: str

    def save(self, path: str | Path) -> Path:
        """Write the page to `path`; return the path.

        Raises:
            ValueError: the suffix is not .html or .htm.
            OSError: the file cannot be written.
        """
        return written(checked(path, PAGE_SUFFIXES), self.html)

    def _framed(self, title: str, still: str) -> str:
        """The page in a frame; `still` is shown where frames are taken out.

        The style hides the still part wherever the frame is there.
        """
        return (
            "<style>.twingrad-frame + .twingrad-still {display: none}</style>"
            f'<iframe class="twingrad-frame" sandbox="allow-scripts" title="{title}" '
            f'style="box-sizing:border-box;width:100%;height:{FRAME}px;border:1px solid #8886" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
            f'<div class="twingrad-still">{still}</div>'
        )
