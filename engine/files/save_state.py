"""`engine.save` and `engine.load`: state in a file, as PyTorch's programs write and read it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy import ndarray

from ..cpu import on_cpu
from .packing import pack, unpack
from .storage import CheckpointError, decode, encode
from .whole_files import replace


def save(state: Any, file: Any) -> None:
    """Write state to a file: arrays, Tensors, numbers, strings, None; dicts, lists, tuples of them.

        engine.save(model.state_dict(), "model.pt")
        engine.save({"model": model.state_dict(), "epoch": 3}, "run.pt")

    The file is a `.npz` of NumPy's, with JSON for what is no array, whatever its ending; or a
    `.safetensors` file if it ends like one.  A dict of arrays is all that `nn.load` and NumPy need.

    Args:
        file: a path (the file appears when it is complete), or what has a `write` of bytes.

    Raises:
        TypeError: something in it is none of these, as a whole model; nothing was written.
        ImportError: `.safetensors` without the safetensors package.
        OSError: the file cannot be written.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> save({"w": [1.0, 2.0], "epoch": 3}, file)
    >>> load(BytesIO(file.getvalue()))
    {'w': [1.0, 2.0], 'epoch': 3}
    """
    arrays, text = pack(state)
    if isinstance(state, Mapping) and all(isinstance(x, ndarray) for x in state.values()):
        text = "" if arrays.keys() == state.keys() else text
    if hasattr(file, "write"):
        file.write(encode(arrays, text))
    else:
        suffix = Path(file).suffix.lower()
        replace(file, encode(arrays, text, suffix if suffix == ".safetensors" else ".npz"))


def load(file: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote, or any `.npz` or `.safetensors` file of numbers, as a dict of arrays.

        model.load_state_dict(engine.load("model.pt"))

    Nothing is ever unpickled: a file of `torch.save` is refused.

    Args:
        file: a path of any ending, or what has a `read` of bytes.
        map_location: the CPU, or None.
        weights_only: taken for the sake of PyTorch's programs; nothing else can be in a file.

    Raises:
        CheckpointError: the file is a pickle, holds objects, is damaged, or of another format.
        ValueError: map_location is not the CPU.
        ImportError: a `.safetensors` file without the safetensors package.
        OSError: there is no such file, or it cannot be read.

    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> save({"epoch": 3}, file)
    >>> load(BytesIO(file.getvalue()))
    {'epoch': 3}
    """
    on_cpu(map_location)
    if hasattr(file, "read"):
        name, raw = str(getattr(file, "name", "the file")), file.read()
    else:
        name, raw = os.fspath(file), Path(file).read_bytes()
    arrays, text = decode(raw, name)
    try:
        return unpack(arrays, text) if text else arrays
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{name} was not loaded: {error}") from error
