"""Files of named arrays, `.npz` and `.safetensors`: written whole or not at all, checked when read.

A file is data, never code: nothing is unpickled, and nothing in a file can make the reader take
more memory than a few times the file's own size.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.lib import format as npy

from .whole_files import PathLike, replace

TEXT = "twingrad.json"  # the entry that holds what is not an array
CHECKSUM = "twingrad.sha256"
PICKLED = (
    "it is a pickle, which could run any program as it is read; where it comes from, write the "
    "weights anew: safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
)
REAL_KINDS = "fiub"  # floats, integers, bools: an array of anything else is not weights


class CheckpointError(ValueError):
    """A file that is damaged, or is not what it should be; nothing of it was loaded.

    >>> import engine, io
    >>> try: engine.load(io.BytesIO(b"not a file of arrays"))
    ... except CheckpointError: print("nothing was loaded")
    nothing was loaded
    """


class Contents(NamedTuple):
    """What a file holds: arrays by name, and text ("" if there is none)."""

    arrays: dict[str, ndarray]
    text: str


class _Format(NamedTuple):
    encode: Callable[[dict[str, ndarray], str], bytes]
    decode: Callable[[bytes], Contents]


def write(path: PathLike, arrays: Mapping[str, ndarray], text: str = "") -> None:
    """Write arrays (and text) to a file in the format its suffix names.

    The file appears under its name when it is complete and on the disk, not before: a crash
    leaves what was there.

    Raises:
        ValueError: the suffix is neither `.npz` nor `.safetensors`.
        TypeError: an array is not of real numbers or bools.
        ImportError: `.safetensors` without the safetensors package.
        OSError: the file cannot be written; of a file that is there, because it is read-only.
    """
    replace(path, encode(arrays, text, _suffix(path)))


def read(path: PathLike) -> Contents:
    """Read a file that `write` wrote, or another of these two formats.

    Raises:
        CheckpointError: the file is damaged, holds objects, or is not of this format.
        ValueError: the suffix is neither `.npz` nor `.safetensors`.
        ImportError: `.safetensors` without the safetensors package.
        OSError: there is no such file, or it cannot be read.
    """
    suffix = _suffix(path)
    return decode(Path(path).read_bytes(), os.fspath(path), suffix)


def _suffix(path: PathLike) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(
            f"the suffix must be {' or '.join(_FORMATS)}, got {suffix!r} in {os.fspath(path)!r}"
        )
    return suffix


def encode(arrays: Mapping[str, ndarray], text: str = "", suffix: str = ".npz") -> bytes:
    """The bytes of a file of arrays (and text), in the format of that suffix.

    Raises:
        TypeError, ImportError: as `write`.
    """
    checked = {name: _writable(name, array) for name, array in arrays.items()}
    return _FORMATS[suffix].encode(checked, text)


def decode(raw: bytes, name: str, suffix: str | None = None) -> Contents:
    """What the bytes of a file hold, in the format of that suffix, or of their own beginning.

    Raises:
        CheckpointError, ImportError: as `read`; `name` is what the file is called there.
    """
    try:
        return _FORMATS[suffix or _recognized(raw)].decode(raw)
    except ImportError:
        raise
    # Whatever a hostile header makes a parser raise: the file is refused, and that is all.
    except Exception as error:
        raise CheckpointError(f"{name} was not loaded: {error}") from error


def _recognized(raw: bytes) -> str:
    """The suffix of the format that a file begins like; what others begin like is refused."""
    if raw[:2] == b"PK":
        return ".npz"
    if raw[8:9] == b"{":
        return ".safetensors"
    if raw[:1] == b"\x80":
        raise CheckpointError(PICKLED)
    if raw[:6] == b"\x93NUMPY":
        raise CheckpointError("it is one array, by np.save: np.load reads it")
    raise CheckpointError(
        "it is neither a .npz nor a .safetensors file"
        if raw
        else "it is empty, or was read to its end before: go back with file.seek(0)"
    )


def _writable(name: str, array: Any) -> ndarray:
    if not isinstance(array, ndarray) or array.dtype.kind not in REAL_KINDS:
        kind = array.dtype if isinstance(array, ndarray) else type(array).__name__
        raise TypeError(f"{name!r} must be an array of real numbers or bools, got {kind}")
    return np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C").view(ndarray)


def _checksum(arrays: Mapping[str, ndarray], text: str) -> str:
    """SHA-256 of all that a file holds.  One that others wrote has none, and is read without."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(repr((name, array.dtype.name, array.shape)).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _compare(checksum: str, arrays: Mapping[str, ndarray], text: str) -> None:
    if checksum != _checksum(arrays, text):
        raise CheckpointError("its contents do not match its checksum: it is damaged")


# --- .npz: a zip archive of .npy files; the checksum is its comment ---


def _encode_npz(arrays: dict[str, ndarray], text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            npy.write_array(entry, array, allow_pickle=False)
            # a ZipInfo of its own has no time of writing: the same weights give the same bytes
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), entry.getbuffer())
        if text:
            archive.writestr(zipfile.ZipInfo(TEXT), text)
        archive.comment = f"{CHECKSUM}:{_checksum(arrays, text)}".encode()
    return packed.getvalue()


def _decode_npz(raw: bytes) -> Contents:
    arrays: dict[str, ndarray] = {}
    text = ""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        _check_end(raw, len(entries), len(archive.comment))
        _check_entries(entries, len(raw))
        for entry in entries:
            data = archive.read(entry)  # compares the checksum
            if entry.filename == TEXT:
                text = data.decode()
            else:
                name = entry.filename.removesuffix(".npy")
                arrays[name] = _decode_npy(name, data)
        mark, _, checksum = archive.comment.partition(b":")
    if mark == CHECKSUM.encode():
        _compare(checksum.decode(), arrays, text)
    return Contents(arrays, text)


def _check_end(raw: bytes, entries: int, comment: int) -> None:
    """Refuse an archive cut short within its comment, or that lost entries of its directory.

    Its last record is 22 bytes and the comment: at 10 the number of entries (65535 if there are
    more than that), at 20 the length of the comment.
    """
    end = raw[len(raw) - comment - 22 :]
    counted = int.from_bytes(end[10:12], "little")
    whole = int.from_bytes(end[20:22], "little") == comment and counted in (entries, 0xFFFF)
    if end[:4] != b"PK\x05\x06" or not whole:
        raise CheckpointError("its end does not match the rest: it is damaged or cut short")


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what `_encode_npz` never writes, before anything of it is unpacked."""
    names: set[str] = set()
    for entry in entries:
        name = entry.filename
        if name in names:
            raise CheckpointError(f"it holds {name!r} twice")
        names.add(name)
        if name.endswith("data.pkl"):  # what torch.save writes
            raise CheckpointError(PICKLED)
        if name != TEXT and not name.endswith(".npy"):
            raise CheckpointError(f"it holds {name!r}, which is not an array")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise CheckpointError(
                f"{name!r} is compressed, so its true size is not known; write the file with "
                "np.savez, not np.savez_compressed"
            )
    if sum(entry.file_size for entry in entries) > size:
        raise CheckpointError("its entries are larger than the file: they overlap")


def _decode_npy(name: str, data: bytes) -> ndarray:
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = npy.read_array_header_2_0(stream)
    else:
        raise CheckpointError(f"{name!r} is in .npy version {version}, which numbers never need")
    if dtype.kind not in REAL_KINDS:
        raise CheckpointError(f"{name!r} has dtype {dtype}: only real numbers and bools are read")
    start = stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise CheckpointError(
            f"{name!r} says it has shape {shape} of {dtype}, but holds {len(data) - start} bytes"
        )
    array = np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")
    return array.astype(dtype.newbyteorder("="))


# --- .safetensors: through the package of that name; the checksum is in the metadata ---


def _safetensors() -> Any:
    """The safetensors package, which is an extra."""
    try:
        import safetensors.numpy  # only who uses the format needs the package
    except ImportError as error:
        raise ImportError(
            "a .safetensors file needs the safetensors package: "
            "pip install twingrad[safetensors], or use .npz"
        ) from error
    return safetensors


def _encode_safetensors(arrays: dict[str, ndarray], text: str) -> bytes:
    package = _safetensors()
    for name, array in arrays.items():
        if array.dtype.itemsize > 8:
            raise TypeError(f"{name!r} is {array.dtype}, which a .safetensors file cannot hold")
    metadata = {CHECKSUM: _checksum(arrays, text), TEXT: text}
    return package.numpy.save(arrays, {key: value for key, value in metadata.items() if value})


def _decode_safetensors(raw: bytes) -> Contents:
    package = _safetensors()
    try:
        arrays = package.numpy.load(raw)
    except KeyError as error:  # the package reads the header, and finds no dtype of that name
        raise CheckpointError(
            f"it holds numbers of type {error.args[0]}, which NumPy has not: write them as float32"
        ) from error
    metadata = _metadata(raw)
    text = metadata.get(TEXT, "")
    if CHECKSUM in metadata:
        _compare(metadata[CHECKSUM], arrays, text)
    for name, array in arrays.items():
        if array.dtype.kind not in REAL_KINDS:
            raise CheckpointError(f"{name!r} has dtype {array.dtype}, which weights never have")
    return Contents({name: np.array(array) for name, array in arrays.items()}, text)


def _metadata(raw: bytes) -> dict[str, str]:
    """The header's `__metadata__`: eight bytes of length, then JSON; the package checked both."""
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length]).get("__metadata__") or {}


_FORMATS = {
    ".npz": _Format(_encode_npz, _decode_npz),
    ".safetensors": _Format(_encode_safetensors, _decode_safetensors),
}
