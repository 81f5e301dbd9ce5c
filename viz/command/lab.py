"""`twingrad notebooks`: the course in JupyterLab, from a copy that is the learner's own."""

from __future__ import annotations

import contextlib
import re
from importlib import resources
from pathlib import Path

from engine.files import replace

COURSE = Path(str(resources.files("notebooks"))).resolve()
FIRST = "00_start_here.ipynb"
NOTEBOOKS = "[0-9][0-9]_*.ipynb"  # and none that a learner keeps beside them
COPY = Path("twingrad-notebooks")  # where the course is copied to, if nothing else is named

#: A link of a page that leads out of the course: its words, and a file of the checkout.
LINK = re.compile(r"\[([^\[\]]*)\]\(\.\./([^)#]+)[^)]*\)")


class NotebooksError(Exception):
    """The notebooks cannot be opened; the text says what is missing and how to get it."""


def open_notebooks(
    folder: Path | None = None,
    browser: bool = True,
    port: int | None = None,
    allow_root: bool = False,
) -> int:
    """Run JupyterLab in the folder of the course until it is stopped.

    The course's own notebooks are trusted (as `jupyter trust` does it), so that their drawings and
    steppers are there before a cell has run.

    Args:
        folder: the course is copied there first, see `copy_course`; default: a clone's own
            folder as it is, and without a clone a copy in `COPY`.
        browser: whether to open one.
        port: where it listens; default Jupyter's own.
        allow_root: whether it may be run by root, which Jupyter refuses otherwise.

    Returns:
        0: it was stopped, by Ctrl-C for one.

    Raises:
        NotebooksError: there is no JupyterLab, or no home that it can write to; what was to be
            copied has been.
        OSError: the folder cannot be written to.
        SystemExit: JupyterLab could not run; it has said why.
    """
    in_clone = (COURSE.parent / "pyproject.toml").is_file()
    folder = (folder or (COURSE if in_clone else COPY)).resolve()
    kept: list[str] = []
    if folder != COURSE:
        kept = copy_course(folder)
        print(f"The course is in {folder}.")
        if kept:
            print(f"Yours differ from this version's and were kept: {', '.join(kept)}.")
    # The whole checkout, so that links to the docs and into the source lead somewhere.
    root = COURSE.parent if folder == COURSE else folder
    try:
        from jupyterlab.labapp import LabApp  # an extra, and slow to import; it brings nbformat
    except ImportError as error:
        raise NotebooksError(
            f"JupyterLab is not installed: pip install 'twingrad[notebooks]' ({error})"
        ) from error
    try:
        _trust([folder / one.name for one in COURSE.glob(NOTEBOOKS) if one.name not in kept])
    except OSError as error:
        raise NotebooksError(
            f"Jupyter keeps its files in your home folder, and cannot write there ({error}); set "
            "HOME to a folder that can be written: HOME=/tmp/me twingrad notebooks"
        ) from error
    options = [
        "-y",  # Ctrl-C stops it at once, without a question
        f"--ServerApp.root_dir={root}",
        f"--FileContentsManager.preferred_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{(folder / FIRST).relative_to(root).as_posix()}",
    ]
    options += [] if browser else ["--no-browser"]
    options += [] if port is None else [f"--port={port}"]
    options += ["--allow-root"] if allow_root else []
    LabApp.launch_instance(options)
    return 0


def copy_course(folder: Path) -> list[str]:
    """Copy notebooks and pages into a folder, made if missing; never over a file that is there.

    A link into the packages' source leads to a copy of that file in `folder/source`; of a link to
    another file of the checkout, such as the README, the words remain.

    Returns:
        The names of those files that were there and are not as in this version.
    """
    files: dict[str, bytes] = {}

    def moved(link: re.Match[str]) -> str:
        words, target = link.groups()
        if not target.endswith(".py"):
            return words
        files[f"source/{target}"] = (COURSE.parent / target).read_bytes()
        return f"[{words}](source/{target})"

    for page in sorted([*COURSE.glob(NOTEBOOKS), *COURSE.glob("*.md")]):
        files[page.name] = LINK.sub(moved, page.read_text(encoding="utf-8")).encode()
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            replace(place, content)  # whole: a part would be taken for the learner's own
    return [name for name, content in files.items() if (folder / name).read_bytes() != content]


def _trust(notebooks: list[Path]) -> None:
    """Sign what these notebooks hold now."""
    from nbformat import read
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()  # type: ignore[no-untyped-call]  # nbformat is typed in part
    with contextlib.closing(notary.store):  # a database
        for path in notebooks:
            # A ValueError: no notebook, half a merge for one; Jupyter will say so.
            with contextlib.suppress(ValueError):
                notary.sign(read(path, as_version=4))  # type: ignore[no-untyped-call]  # as above
