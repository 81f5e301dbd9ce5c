"""Files that are written whole or not at all, and what is said where the disk refuses."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]
locks: Any = fcntl

PathLike = str | os.PathLike[str]


def replace(path: PathLike, raw: bytes) -> None:
    """Put `raw` into the file at `path`, whole or not at all."""
    target = Path(os.path.realpath(path))  # through a link, to what it stands for
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} in")
    _check_writable(target, path)
    _sweep(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        with naming(path), open(temporary, "xb") as file:
            if locks is not None:
                with suppress(OSError):  # a disk that knows no locks
                    locks.flock(file, locks.LOCK_EX)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # else the name could reach the disk before the bytes
            if locks is None:  # Windows, which moves no file that is open
                file.close()
            if target.exists():
                shutil.copymode(target, temporary)
            os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


@contextmanager
def naming(path: Any) -> Iterator[None]:
    """In this block an error of the disk names this file: not one that stands in for it, or none.

    >>> with naming("run.npz"):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'run.npz'
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # not the system's
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _check_writable(target: Path, path: PathLike) -> None:
    """Refuse to replace a file that `open(path, "w")` would not write, though a rename could.

    A file that nobody may write is refused to the superuser too.
    """
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise PermissionError(
            errno.EACCES, "the file is read-only (chmod u+w, or another name)", os.fspath(path)
        )


def _sweep(target: Path) -> None:
    """Remove what saves that were killed left beside a file.

    What a save under way is writing is locked; before that, it is empty.  (On Windows, without
    locks, no file is removed that is open.)
    """
    for left in target.parent.glob(f".{glob.escape(target.name)}.{'[0-9a-f]' * 12}.tmp"):
        with suppress(OSError):  # it is locked, or gone by now, or not ours to remove
            with open(left, "rb") as file:
                if locks is not None:
                    locks.flock(file, locks.LOCK_EX | locks.LOCK_NB)
                empty = os.fstat(file.fileno()).st_size == 0
            if not empty:
                left.unlink()


def _sync_folder(folder: Path) -> None:
    """Bring a change of name to the disk, where the system can (Windows cannot)."""
    if os.name != "posix":
        return  # pragma: no cover - Windows
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
