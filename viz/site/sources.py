"""Where the pages come from: files of the checkout, or what an installed package brought along."""

from __future__ import annotations

from importlib import metadata, resources
from pathlib import Path

#: The folder of the course; in a clone its own.
COURSE = Path(str(resources.files("notebooks"))).resolve()

#: Single files at the top that have a page.
TOP = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


def sources() -> dict[str, Path]:
    """Every file that becomes a page or stands in one, by its path in the checkout.

    Raises:
        FileNotFoundError: the package was installed without its pages.
    """
    root = _root()
    found = [*root.glob("docs/**/*.*"), *root.glob(".github/*.svg"), *root.glob(".github/*/*.png")]
    found += [root / name for name in TOP if (root / name).is_file()]
    files = {path.relative_to(root).as_posix(): path for path in sorted(found)}
    course = sorted([*COURSE.glob("[0-9][0-9]_*.ipynb"), *COURSE.glob("*.md")])
    return files | {f"notebooks/{path.name}": path for path in course}


def _root() -> Path:
    """The checkout; without one, the folder in which the wheel laid down `docs`."""
    if (COURSE.parent / "pyproject.toml").is_file():
        return COURSE.parent
    for file in metadata.files("twingrad") or ():
        if file.as_posix().endswith("share/twingrad/docs/index.md"):
            return Path(str(file.locate())).resolve().parents[1]
    raise FileNotFoundError("this installation of twingrad has no pages: share/twingrad/docs")
