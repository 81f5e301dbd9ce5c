"""What a worker does: one shard of one step, with a replica of the model that it keeps.

A task is bytes, and so is what comes of it: every engine carries those as they are.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, enable_grad, open_after_fork

from ..parameter import fill
from .belonging import belong_to_the_parent
from .failures import Failure
from .replica import Replica, Share
from .sending import dumps, loads
from .shards import Shard

MODELS = 4  # how many models a worker keeps: more than one runs beside another seldom

_kept: OrderedDict[bytes, list[Replica]] = OrderedDict()
_lock = open_after_fork(threading.Lock())


class Packed(NamedTuple):
    """A model without its numbers, as bytes, and their name.

    Attributes:
        key: a digest of the bytes: what has the same is the same model.
        body: model, loss, metrics and whether to compile, with places for what has numbers.
        outline: what stands in each place.
    """

    key: bytes
    body: bytes
    outline: bytes


class Task(NamedTuple):
    """A shard of a step, and all that it depends on."""

    packed: Packed
    numbers: bytes
    shard: Shard
    seed: tuple[int, ...]


def pack(replica: Replica) -> tuple[Packed, list[Any]]:
    """A model on its way to workers; and its parameters, with leaves that the loss reads."""
    things: list[Any] = [*(getattr(*place) for place in replica.buffers), *replica.generators]
    first = len(things)
    things += replica.parameters
    number = {id(x): i for i, x in enumerate(things)}

    def number_of(x: Any) -> int | None:
        if isinstance(x, Tensor) and x.is_leaf and x.requires_grad and id(x) not in number:
            number[id(x)] = len(things)
            things.append(x)
        if isinstance(x, np.random.Generator) and id(x) not in number:
            raise TypeError(
                "model or loss reads a random generator that no layer holds, and would draw the "
                "same numbers at each step: give it to a layer as its rng, or draw from "
                "nn.random.default_generator()"
            )
        return number.get(id(x))

    parts = (replica.model, replica.loss, replica.metrics, replica.compile)
    body = dumps(parts, number_of)
    outline = dumps((first, [_outline(x) for x in things]))
    key = hashlib.blake2b(body + outline, digest_size=16).digest()
    return Packed(key, body, outline), things[first:]


def _outline(x: Any) -> tuple[Any, ...]:
    """What kind of thing it is, but for its numbers."""
    if isinstance(x, np.random.Generator):
        return "generator", type(x), type(x.bit_generator)
    kind = (type(x) if isinstance(x, Tensor | np.ndarray) else np.ndarray, x.shape, x.dtype.str)
    return (
        ("tensor", *kind, x.requires_grad, x.label) if isinstance(x, Tensor) else ("array", *kind)
    )


def _made(outline: tuple[Any, ...]) -> Any:
    """A thing of that kind, with any numbers."""
    kind, made, *rest = outline
    if kind == "generator":
        bits = rest[0]()
        return np.random.Generator(bits) if made is np.random.Generator else made()
    shape, dtype, *more = rest
    array = np.zeros(shape, dtype)
    if kind == "array":
        return array.view(made)
    requires_grad, label = more
    return made(array, requires_grad=requires_grad, label=label)


def run_shard(data: bytes) -> bytes:
    """What a shard adds to a step, a `Share`, or a `Failure`; of a task's bytes, and as bytes."""
    belong_to_the_parent()
    try:
        return dumps(_share(loads(data)))
    except (Exception, SystemExit) as error:
        return dumps(Failure.of(error))


def _share(task: Task) -> Share:
    replica = _take(task.packed)
    parameters, buffers = loads(task.numbers)
    for p, array in zip(replica.parameters, parameters, strict=True):
        fill(p, array)
    replica.put_buffers(buffers)
    with enable_grad():  # a pool may have forked this process inside `no_grad()`
        share = replica.share(task.shard, task.seed)
    with _lock:  # not after an error: who knows what state it left
        _kept.setdefault(task.packed.key, []).append(replica)
        _kept.move_to_end(task.packed.key)
        while len(_kept) > MODELS:
            _kept.popitem(last=False)
    return share


def _take(packed: Packed) -> Replica:
    """A replica that nobody else uses."""
    with _lock:
        free = _kept.get(packed.key)
        if free:
            return free.pop()
    first, outlines = loads(packed.outline)
    things = [_made(outline) for outline in outlines]
    model, loss, metrics, compile = loads(packed.body, things, anew=True)
    return Replica(model, loss, metrics, compile, things[first:], sent=True)
