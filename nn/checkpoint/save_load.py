"""Saving models and whole training runs, and loading them again.

`save` and `load` are for a model's weights, `save_training` and `load_training` for all that a
run needs to go on bit for bit.  The suffix chooses the format: `.npz` is NumPy's, `.safetensors`
can be read by PyTorch and needs the safetensors package.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.files import CheckpointError, PathLike, pack, read, unpack, write

from .. import random
from ..checks import instance_of
from ..module import Module
from ..state import IncompatibleKeys, generators_of

VERSION = 1


def save(model: Module, path: PathLike) -> None:
    """Write a model's parameters and buffers to a file, by PyTorch's names.

    The file appears when it is complete; a crash leaves what was there before.

    Args:
        model: a Module, of either tier.
        path: ends in `.npz` or `.safetensors`.

    Raises:
        ValueError: another suffix.
        ImportError: `.safetensors` without the safetensors package.
        OSError: the file cannot be written.

    >>> import nn, tempfile
    >>> path = tempfile.mkdtemp() + "/net.npz"
    >>> nn.save(nn.Linear(2, 1, rng=0), path)
    >>> nn.load(nn.Linear(2, 1, rng=1), path)
    IncompatibleKeys(missing_keys=[], unexpected_keys=[])
    """
    instance_of(Module, model=model)
    write(path, model.state_dict())


def load(model: Module, path: PathLike, strict: bool = True) -> IncompatibleKeys:
    """Read a model's parameters and buffers from a file, into a model of the same shape.

    Takes files of `save`, the model of a file of `save_training`, and any other `.npz` or
    `.safetensors` of arrays under PyTorch's names.

    Args:
        model: a Module, of either tier.
        path: ends in `.npz` or `.safetensors`.
        strict: refuse missing and unexpected names; False passes over them.

    Returns:
        The names passed over: `missing_keys` and `unexpected_keys`.

    Raises:
        CheckpointError: the file is damaged, holds objects, or is not of this format.
        ValueError: another suffix, or names or shapes that do not fit.  Nothing was loaded.
        ImportError: `.safetensors` without the safetensors package.
        OSError: there is no such file, or it cannot be read.

    >>> import nn, tempfile
    >>> path = tempfile.mkdtemp() + "/net.npz"
    >>> one, other = nn.Linear(2, 1, rng=0), nn.Linear(2, 1, rng=1)
    >>> nn.save(one, path)
    >>> nn.load(other, path)
    IncompatibleKeys(missing_keys=[], unexpected_keys=[])
    >>> other.weight.tolist() == one.weight.tolist()
    True
    """
    instance_of(Module, model=model)
    weights, text = read(path)
    if text:
        weights = _weights(_document(path, weights, text), path)
    return model.load_state_dict(weights, strict)


def save_training(path: PathLike, **parts: Any) -> None:
    """Write all that a training run needs to go on bit for bit.

        save_training("run.npz", model=model, optimizer=optimizer, loader=loader, epoch=3)

    The state of the generator that nn shares, and of those that the model's layers hold (dropout),
    is always among it.

    Args:
        path: ends in `.npz` or `.safetensors`.
        parts: by names of your choice: what has a `state_dict` (models, optimizers, schedules,
            loaders), numpy Generators, and plain values (numbers, strings, arrays, lists, dicts).

    Raises:
        TypeError: a value that is neither; nothing was written.
        ValueError, ImportError, OSError: as in `save`.

    >>> import nn, tempfile
    >>> path = tempfile.mkdtemp() + "/run.npz"
    >>> model = nn.Linear(2, 1, rng=0)
    >>> optimizer = nn.Adam(model.parameters())
    >>> nn.save_training(path, model=model, optimizer=optimizer, epoch=3)
    >>> nn.load_training(path, model=model, optimizer=optimizer)
    {'epoch': 3}
    """
    arrays, text = pack(
        {
            "version": VERSION,
            "parts": {name: {"kind": _kind(x), "state": _take(x)} for name, x in parts.items()},
            "shared": _take(random.default_generator()),
        }
    )
    write(path, arrays, text)


def load_training(path: PathLike, **parts: Any) -> dict[str, Any]:
    """Put a training run back to where `save_training` left it.

        epoch = load_training("run.npz", model=model, optimizer=optimizer, loader=loader)["epoch"]

    Args:
        path: a file of `save_training`.
        parts: what to load into, by the names it was saved under: everything that has a state.

    Returns:
        The plain values that were saved, by name.

    Raises:
        CheckpointError: the file is damaged, or is not one of `save_training`.
        ValueError: names, kinds or shapes do not fit.  Nothing was loaded: what was loaded before
            the misfit was found is put back.
        ImportError, OSError: as in `load`.

    >>> import nn, tempfile
    >>> path = tempfile.mkdtemp() + "/run.npz"
    >>> model = nn.Linear(2, 1, rng=0)
    >>> nn.save_training(path, model=model, epoch=3)
    >>> nn.load_training(path, model=nn.Linear(2, 1))["epoch"]
    3
    """
    document = _document(path, *read(path))
    saved = document["parts"]
    _check_parts(path, saved, parts)
    before = {name: copy.deepcopy(_take(part)) for name, part in parts.items()}
    shared = random.default_generator()
    loaded: list[str] = []
    try:
        for name, part in parts.items():
            loaded.append(name)
            _give(part, saved[name]["state"])
        random.set_generator_state(shared, document["shared"])
    except BaseException as error:  # Ctrl-C too
        for name in loaded:
            _give(parts[name], before[name])
        if not isinstance(error, Exception):
            raise
        raise ValueError(
            f"{os.fspath(path)} does not fit {loaded[-1] if loaded else 'nn'}: {error}"
        ) from error
    return {name: part["state"] for name, part in saved.items() if part["kind"] == "plain"}


def _check_parts(path: PathLike, saved: dict[str, Any], parts: dict[str, Any]) -> None:
    """Everything with a state must be there on both sides, and be of the same kind."""
    kinds = {name: part["kind"] for name, part in saved.items() if part["kind"] != "plain"}
    problems = [f"it holds a {name!r}, give it" for name in kinds if name not in parts]
    problems += [f"it holds no {name!r}" for name in parts if name not in kinds]
    problems += [
        f"{name!r} is a {_kind(part)}, the file has a {kinds[name]}"
        for name, part in parts.items()
        if name in kinds and _kind(part) != kinds[name]
    ]
    if problems:
        raise ValueError(f"{os.fspath(path)} was not loaded: {'; '.join(problems)}")


# --- what has a state ---


def _kind(x: Any) -> str:
    if isinstance(x, np.random.Generator):
        return "generator"
    if isinstance(x, Module):
        return "model"
    return "state" if hasattr(x, "state_dict") and hasattr(x, "load_state_dict") else "plain"


def _take(x: Any) -> Any:
    """The state of x, as nested dicts and arrays; a plain value is its own."""
    kind = _kind(x)
    if kind == "generator":
        return x.bit_generator.state
    if kind == "model":
        generators = {name: _take(rng) for name, rng in generators_of(x).items()}
        return {"weights": x.state_dict(), "generators": generators}
    return x.state_dict() if kind == "state" else x


def _give(x: Any, state: Any) -> None:
    """Put x into a state that `_take` took."""
    kind = _kind(x)
    if kind == "generator":
        random.set_generator_state(x, state)
    elif kind == "model":
        own = generators_of(x)
        if own.keys() != state["generators"].keys():
            raise ValueError(
                f"the model's layers hold generators {sorted(own)}, the file has "
                f"{sorted(state['generators'])}"
            )
        x.load_state_dict(state["weights"])
        for name, rng in own.items():
            random.set_generator_state(rng, state["generators"][name])
    else:
        x.load_state_dict(state)


# --- the document ---


def _document(path: PathLike, arrays: Mapping[str, np.ndarray], text: str) -> dict[str, Any]:
    """What `save_training` packed, with its outer form checked."""
    if not text:
        raise CheckpointError(
            f"{os.fspath(path)} holds weights only, not a training run: use nn.load"
        )
    try:
        document = unpack(arrays, text)
        if not isinstance(document, dict) or "version" not in document:
            raise ValueError("it is no training run of nn: engine.load reads it")
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']!r}, this reads {VERSION}")
        if not all(part.keys() == {"kind", "state"} for part in document["parts"].values()):
            raise ValueError("its parts have another form")
        document["shared"]
    # JSON of any form may stand there; whatever goes wrong with it, the file is refused
    except Exception as error:
        raise CheckpointError(f"{os.fspath(path)} was not loaded: {error}") from error
    return document


def _weights(document: dict[str, Any], path: PathLike) -> dict[str, Any]:
    """The weights of the only model in a training run."""
    models = [part["state"] for part in document["parts"].values() if part["kind"] == "model"]
    if len(models) != 1:
        raise CheckpointError(
            f"{os.fspath(path)} is a training run with {len(models)} models: use load_training"
        )
    return models[0]["weights"]
