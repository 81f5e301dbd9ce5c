"""The first step that goes wrong in each way is kept: a nan, a spike of the loss, a dead layer."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, Value

from .as_it_was import arrays_of, generators_of, modes_of
from .caught import Caught
from .following import page_beside
from .measure import gradient_of

#: Losses that a new one is compared with, and how many there are to be at least.
RECENT, FEWEST = 50, 10
#: A spike is beyond so many deviations, and so many times the median and the largest.
DEVIATIONS, TIMES, BEYOND = 8.0, 4.0, 2.0
#: The median distance from the median, times this, is a normal distribution's deviation.
NORMAL = 1.4826


def spike_limit(losses: Iterable[float]) -> float:
    """The number from which on a loss is a spike after these; inf if they are too few to say.

    That is one beyond 8 deviations (by the median distance from the median, which a spike before
    moves little), 4 times the median, and twice the largest; of negative losses, as far above
    these as they are from 0.  Beside nothing but zeros, which have no size, nothing is a spike.

    >>> spike_limit([1.0] * 30), spike_limit([1.0]), spike_limit([0.0] * 30)
    (4.0, inf, inf)
    >>> spike_limit([-1.0] * 30)
    2.0
    >>> spike_limit([2.0, 1.0, 4.0] * 9)
    13.8608
    """
    recent = sorted(x for x in losses if math.isfinite(x))  # NumPy takes longer for so few
    if len(recent) < FEWEST:
        return math.inf
    median = _median(recent)
    deviation = NORMAL * _median(sorted(abs(x - median) for x in recent))
    limit = max(
        median + DEVIATIONS * deviation,
        median + (TIMES - 1) * abs(median),
        recent[-1] + (BEYOND - 1) * abs(recent[-1]),
    )
    return limit if any(recent) else math.inf


def _median(ascending: Sequence[float]) -> float:
    """The middle number; of an even number of them the larger of the two."""
    return ascending[len(ascending) // 2]


def _copied(batch: Sequence[Any]) -> tuple[Any, ...]:
    """A batch whose arrays nobody writes over."""
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in batch)


class Keeper:
    """Knows what the step under way began with, and keeps it where it is the first that goes wrong.

    It holds the parameters' arrays of before the step, which takes as much memory as the model.

    Args:
        path: the file of the run, beside which a page of what was kept is written.
        pages: where such a page is put besides, by name.

    Attributes:
        caught: what was kept, at most one of each kind.
    """

    def __init__(self, path: Path | None, pages: dict[str, str] | None) -> None:
        self.path, self.pages = path, pages
        self.caught: list[Caught] = []
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._limit = math.inf
        self.attach(None, {})

    def attach(self, model: Any, parameters: dict[str, Any]) -> None:
        """Look after this model from now on."""
        self._model, self._parameters = model, parameters
        self._generators = generators_of(model)
        # Of the first layer the smaller one, its bias: what backward makes nan comes down to both.
        first = list(parameters.items())[:2]
        self._first = min(first, key=lambda pair: np.size(pair[1]), default=("", None))
        self.begin()

    def begin(self) -> None:
        """Before a step: note where parameters and chance stand."""
        self._arrays = arrays_of(self._parameters.values())
        self._chance = [one.bit_generator.state for one in self._generators]

    def end(
        self, record: dict[str, Any], root: Any, batch: Sequence[Any] | None, loss_of: Any
    ) -> None:
        """After a step: `begin` the next, and keep this if it is the first of its kind."""
        loss = record.get("loss", 0.0)
        kind, why = self._wrong(record, loss)
        if "loss" in record:
            self._recent.append(loss)
        arrays, chance = self._arrays, self._chance
        self.begin()
        if not kind or self._has(kind):
            return
        caught = Caught(
            record["step"], kind, why, None if batch is None else _copied(batch),
            dict(zip(self._parameters, arrays, strict=True)), loss,
            list(self._parameters.values()), chance, modes_of(self._model),
            root if isinstance(root, Tensor | Value) else None, self._model, loss_of,
        )  # fmt: skip
        self.caught.append(caught)
        record["caught"] = {kind: 1}
        self._publish(caught)  # last, as the disk may be full

    def refresh(self) -> None:
        """Now and then: say anew what a spike is."""
        self._limit = math.inf if self._has("spike") else spike_limit(self._recent)

    def _has(self, kind: str) -> bool:
        return any(kind == one.kind for one in self.caught)

    def _publish(self, caught: Caught) -> None:
        name = f"{caught.kind}-{caught.step}"
        if self.path is None and self.pages is None:
            return
        page = caught.page()
        if self.pages is not None:
            self.pages[name] = page
        if self.path is not None:
            page_beside(self.path, name).write_text(page, encoding="utf-8")

    def _wrong(self, record: dict[str, Any], loss: float) -> tuple[str, str]:
        """The kind of what went wrong, and what was seen; "" if nothing."""
        if not loss < self._limit:  # nan too
            if not math.isfinite(loss):
                before = all(np.isfinite(array).all() for array in self._arrays)
                more = "" if before else "; parameters were not finite before this step already"
                return "nan", f"the loss is {loss}{more}"
            median = _median(sorted(self._recent))
            return "spike", f"the loss is {loss:.4g}, after a median of {median:.4g}"
        if broken := self._broken(record):
            return "nan", f"the gradient of {broken} is not finite, the loss is {loss:.4g}"
        for name, row in record.get("activations", {}).items():
            if row["dead"] == 1.0:
                return "dead", f"all units of {name} are 0 for the whole batch"
        return "", ""

    def _broken(self, record: dict[str, Any]) -> str:
        """A parameter whose gradient is nan or inf: any where all are measured, else the first."""
        if "parameters" in record:
            return next((name for name, x in record["parameters"].items() if "nonfinite" in x), "")
        name, parameter = self._first
        gradient = None if parameter is None else gradient_of(parameter)
        if gradient is None:
            return ""
        with np.errstate(over="ignore", invalid="ignore"):
            total = gradient.sum()
        return "" if math.isfinite(total) or np.isfinite(gradient).all() else name
