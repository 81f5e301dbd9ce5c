"""`twingrad watch FILE`: a page in the browser that follows a run while it is trained."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from ..monitoring import FileLines, watch


def follow(path: Path, browser: bool = True, port: int = 0) -> int:
    """Serve the page of a run until Ctrl-C; the file may come later, grow, or be replaced.

    Args:
        path: the file that `viz.History(path=…)` writes.
        browser: whether to open one.
        port: where to listen, on this machine only; 0 takes any that is free.

    Returns:
        0: it was stopped.

    Raises:
        OSError: the path is a folder, or the port is taken.
    """
    if path.is_dir():
        raise IsADirectoryError(21, "is a folder: name the file that a History writes", str(path))

    def opened(address: str) -> None:
        print(f"{path.name} is watched at {address}\nCtrl-C ends it.", flush=True)
        if browser:
            webbrowser.open(address)

    watch(FileLines(path), path.name, port, opened)
    print()
    return 0
