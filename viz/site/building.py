"""Build the site: stage the pages, and let Sphinx write them."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from . import reference
from .configuration import settings
from .polish import polished
from .sources import sources
from .staging import stage

#: What Sphinx leaves in a folder that it wrote: such a folder may be written again.
MARK = ".buildinfo"


class SiteError(Exception):
    """The site cannot be built; the text says what is missing, or what is wrong in which page."""


def build(out: str | Path, commands: Mapping[str, str]) -> Path:
    """Write the site into the folder `out`; return the path of its first page.

    Args:
        out: made if missing; if a site is there, it is written anew.
        commands: the subcommands of `twingrad`, and the help of each, for the reference.

    Raises:
        SiteError: Sphinx is not installed; `out` holds something else; a page has a mistake,
            such as a link that leads nowhere.
        OSError: `out` cannot be written.
    """
    out = Path(out).resolve()
    if out.exists() and not (out.is_dir() and (_is_site(out) or not any(out.iterdir()))):
        raise SiteError(f"{out} is there and is not a site: name another folder")
    try:
        from sphinx.application import Sphinx  # an extra, and slow to import
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError as error:
        raise SiteError(
            f"Sphinx is not installed: pip install 'twingrad[docs]' ({error})"
        ) from error
    complaints = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, patch_docutils(), docutils_namespace():
        pages, site = Path(folder, "pages"), Path(folder, "site")
        stage(sources(), reference.pages(commands), pages)
        app = Sphinx(
            pages, None, site, Path(folder, "doctrees"), "html",
            confoverrides=settings(), status=None, warning=complaints, warningiserror=True,
        )  # fmt: skip
        app.build(force_all=True)
        if app.statuscode:
            raise SiteError(_readable(complaints.getvalue(), pages))
        for page in site.rglob("*.html"):
            page.write_text(polished(page.read_text(encoding="utf-8")), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(site, out)
    return out / "index.html"


def _is_site(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _readable(complaints: str, pages: Path) -> str:
    """Sphinx's warnings without colours, and without the temporary folder."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", complaints)
    return plain.replace(f"{pages}/", "").strip()
