"""`twingrad notebooks`: JupyterLab, opened on the course in this checkout."""

from __future__ import annotations

import contextlib
from importlib import resources
from pathlib import Path

FOLDER = Path(str(resources.files("notebooks")))
FIRST = "00_start_here.ipynb"


class NotebooksError(Exception):
    """The notebooks cannot be opened; the text says what is missing and how to get it."""


def open_notebooks(browser: bool = True, port: int | None = None, allow_root: bool = False) -> int:
    """Run JupyterLab in the folder of the course until it is stopped.

    The course's own notebooks are trusted (as `jupyter trust` does it), so that their drawings and
    steppers are there before a cell has run.

    Args:
        browser: whether to open one.
        port: where it listens; default Jupyter's own.
        allow_root: whether it may be run by root, which Jupyter refuses otherwise.

    Returns:
        0: it was stopped, by Ctrl-C for one.

    Raises:
        NotebooksError: there is no such folder, or no JupyterLab.
        SystemExit: JupyterLab could not run; it has said why.
    """
    if not (FOLDER / FIRST).is_file():
        raise NotebooksError(
            "the notebooks are not part of the installed package: get a clone of the project, and "
            "in its folder run: pip install -e '.[notebooks]'"
        )
    try:
        from jupyterlab.labapp import LabApp  # an extra, and slow to import; it brings nbformat
    except ImportError as error:
        raise NotebooksError(
            f"JupyterLab is not installed: pip install 'twingrad[notebooks]' ({error})"
        ) from error
    _trust()
    options = [
        "-y",  # Ctrl-C stops it at once, without a question
        # The whole checkout, so that links to the README and into the source lead somewhere.
        f"--ServerApp.root_dir={FOLDER.parent}",
        f"--ServerApp.preferred_dir={FOLDER}",
        f"--LabApp.default_url=/lab/tree/{FOLDER.name}/{FIRST}",
    ]
    options += [] if browser else ["--no-browser"]
    options += [] if port is None else [f"--port={port}"]
    options += ["--allow-root"] if allow_root else []
    LabApp.launch_instance(options)
    return 0


def _trust() -> None:
    """Sign what the notebooks of the course hold now."""
    from nbformat import read
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()  # type: ignore[no-untyped-call]  # nbformat is typed in part
    with contextlib.closing(notary.store):  # a database
        for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
            # A ValueError: no notebook, half a merge for one; Jupyter will say so.
            with contextlib.suppress(ValueError):
                notary.sign(read(path, as_version=4))  # type: ignore[no-untyped-call]  # as above
