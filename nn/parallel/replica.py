"""A model and its loss as a worker holds them: at each step given numbers, rows and seeds anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import engine
from engine import Restoring, Seeded, Tensor, to_numpy

from ..measured import Metrics, loss_of_batch, number_of, numbers_of
from ..module import Module
from ..parameter import fill
from ..state import generators_of
from .shards import Shard, arrived

_PLAIN = (bool, int, float, str, np.generic)


class Share(NamedTuple):
    """What a shard adds to a step.

    Attributes:
        numbers: its loss and metrics.
        gradients: of each parameter, of the loss times the shard's factor; None where none came.
        buffers: the new numbers of each buffer; None of one that is as it was.
    """

    numbers: dict[str, float]
    gradients: list[np.ndarray | None]
    buffers: list[np.ndarray | None]


class Replica:
    """A model, its loss and metrics, and all in them that holds numbers.

    For one thread at a time: a shard changes parameters' gradients, buffers and generators.

    Args:
        model, loss, metrics, compile: as for `nn.fit`.
        parameters: the Tensors whose gradients are wanted.
        sent: whether it was made of bytes, so that other leaves are none of the coordinator's.

    Attributes:
        buffers: where each is: a module and a name.
        generators: what layers draw from, where they do not share the one of `nn.random`.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        metrics: Metrics,
        compile: bool,
        parameters: Sequence[Tensor],
        sent: bool = False,
    ) -> None:
        self.model, self.loss, self.metrics, self.compile = model, loss, metrics, compile
        self.parameters = list(parameters)
        self.look()
        self._is_to_check = sent
        self._loss_of: Callable[..., Any] = partial(loss_of_batch, model, loss, bool(metrics))
        if compile:
            self._loss_of = engine.compile(self._loss_of)

    def look(self) -> None:
        """Note what there is in model and loss, where a callback may have put another layer."""
        trees = [x for x in (self.model, self.loss) if isinstance(x, Module)]
        self.modules = each_once(part for tree in trees for part in tree.modules())
        places = [(part, name) for part in self.modules for name in part._buffers]
        there = {id(x): place for place in places if (x := getattr(*place)) is not None}
        self.buffers = list(there.values())
        self._empty = [place for place in places if getattr(*place) is None]
        self.generators = each_once(rng for tree in trees for rng in generators_of(tree).values())

    def share(self, shard: Shard, seed: Sequence[int]) -> Share:
        """What a shard adds to a step; afterwards buffers and generators are where it left them.

        Raises:
            TypeError: forward keeps a number that is no buffer, and so would be lost.
        """
        *inputs, target = map(arrived, shard.batch)
        before = self.numbers_of_buffers()
        settings = self._settings()
        for p in self.parameters:
            p.zero_grad()
        with Seeded(seed):
            for i, rng in enumerate(self.generators):
                bits = type(rng.bit_generator)
                rng.bit_generator.state = bits(np.random.SeedSequence(seed, spawn_key=(i,))).state
            total, output = self._loss_of(*inputs, target)
            loss = number_of(total)
            if self._is_to_check:
                self._check_leaves(total)
            (total * shard.factor).backward()
            numbers = numbers_of(loss, output, target, self.metrics)
        self._check_settings(settings)
        gradients = [
            None if p.grad is None else np.asarray(to_numpy(p.grad)) for p in self.parameters
        ]
        after = self.numbers_of_buffers()
        changed = [None if _same(a, b) else b for a, b in zip(before, after, strict=True)]
        return Share(numbers, gradients, changed)

    def _check_leaves(self, total: Any) -> None:
        """Refuse a leaf that was not sent here, but imported: its gradient would be lost."""
        known = {id(p) for p in self.parameters}
        for node in engine.toposort(total):
            if node.is_leaf and node.requires_grad and id(node) not in known:
                raise TypeError(
                    f"the loss reads {node!r:.80}, which belongs to an imported module: each "
                    "worker has one of its own, whose gradient would be lost; make it a parameter "
                    "of the model or of a loss Module"
                )
        self._is_to_check = False

    def numbers_of_buffers(self) -> list[np.ndarray]:
        """A copy of each buffer."""
        return [np.array(to_numpy(getattr(*place))) for place in self.buffers]

    def put_buffers(self, numbers: Iterable[np.ndarray | None]) -> None:
        """Put numbers into the buffers; None leaves one as it is."""
        for (module, name), array in zip(self.buffers, numbers, strict=True):
            if array is None:
                continue
            own = getattr(module, name)
            if isinstance(own, Tensor):
                fill(own, array)
            elif not isinstance(own, np.ndarray):  # a NumPy scalar, as np.maximum gives one
                setattr(module, name, array)
            elif own.shape == array.shape and own.dtype == array.dtype:
                np.copyto(own, array)
            else:
                setattr(module, name, array.view(type(own)))

    def _settings(self) -> list[tuple[Module, str, Any]]:
        """What modules hold besides parameters, buffers and modules, as it is now."""
        return [
            (part, name, _noted(x))
            for part in self.modules
            for name, x in vars(part).items()
            if name not in part._buffers and name not in part._parameters
        ]

    def _check_settings(self, before: list[tuple[Module, str, Any]]) -> None:
        """Refuse a forward that counts or averages in a plain attribute: a worker's is lost."""
        for part, name in self._empty:
            if getattr(part, name) is not None:
                setattr(part, name, None)
                raise TypeError(
                    f"forward makes the buffer {name} of {type(part).__name__}, which has no mean "
                    f"over shards: register_buffer({name!r}, …) with numbers in its __init__"
                )
        for part, name, x in before:
            if _is_other(x, _noted(vars(part).get(name))):
                raise TypeError(
                    f"forward changes {name} of {type(part).__name__}, which is no buffer, and "
                    f"would be lost in a worker: register_buffer({name!r}, …) in its __init__"
                )


class InPlace(Restoring):
    """Block in which shards run on the model itself: it is put back as it was before it."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica

    def saved(self) -> Any:
        own = self.replica
        states = [rng.bit_generator.state for rng in own.generators]
        return own.numbers_of_buffers(), states, [p.grad for p in own.parameters]

    def restore(self, saved: Any) -> None:
        buffers, states, gradients = saved
        own = self.replica
        own.put_buffers(buffers)
        for rng, state in zip(own.generators, states, strict=True):
            rng.bit_generator.state = state
        for p, gradient in zip(own.parameters, gradients, strict=True):
            p.grad = gradient


def _noted(x: Any) -> Any:
    """A number or text as it is, a copy of an array, a list of what others hold; else None."""
    if isinstance(x, Tensor | np.ndarray):
        return np.array(to_numpy(x))
    if isinstance(x, dict):
        return dict(x)
    if isinstance(x, list | deque):
        return list(x)
    return x if isinstance(x, _PLAIN) else None


def _is_other(before: Any, now: Any) -> bool:
    """Whether a number, array or list is another one; what a dict is given besides is a cache."""
    if isinstance(before, dict) and isinstance(now, dict):
        return any(_is_other(before[key], now.get(key)) for key in before)
    if isinstance(before, list) and isinstance(now, list):
        return len(before) != len(now) or any(map(_is_other, before, now))
    if isinstance(before, np.ndarray) and isinstance(now, np.ndarray):
        return before is not now and not _same(before, now)
    plain = isinstance(before, _PLAIN)
    return (plain or isinstance(before, np.ndarray | list)) and (
        type(before) is not type(now) or (plain and not _same(np.asarray(before), np.asarray(now)))
    )


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays hold the same, bit for bit."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def each_once(things: Iterable[Any]) -> list[Any]:
    return list({id(x): x for x in things}.values())
