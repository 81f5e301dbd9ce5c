"""A step at which something went wrong, kept so that it can be looked at again."""

from __future__ import annotations

import copy
import html
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..drawing import GraphTooLargeError
from ..graphs import Picture, draw, trace
from ..stepping import Stepper, step_through
from .as_it_was import Chance, Weights, generators_of


@dataclass(frozen=True)
class Caught:
    """A step at which something went wrong for the first time, with what it was computed from.

    Attributes:
        step: which one.
        kind: "nan", "spike" or "dead".
        why: what was seen.
        batch: inputs and target; None in a loop of your own that gave `step` no `batch=`.
        parameters: by name, as they were before this step.
        loss: its loss.
    """

    step: int
    kind: str
    why: str
    batch: tuple[Any, ...] | None
    parameters: dict[str, np.ndarray]
    loss: float
    _places: list[Any] = field(repr=False)
    _chance: list[Any] = field(repr=False)
    _modes: list[bool] = field(repr=False)
    _root: Any = field(repr=False)
    _model: Any = field(repr=False)
    _loss_of: Callable[[Any, Any], Any] | None = field(repr=False)

    def __repr__(self) -> str:
        return f"<step {self.step:,}: {self.why}; .stepper(), .draw(), .batch, .parameters>"

    def draw(self, **options: Any) -> Picture:
        """The graph of this step's loss, as `viz.draw` draws it, with the numbers it had.

        In `nn.fit` a copy of the model is run again on the batch, with the parameters and the
        state of chance (dropout) it had.  In a loop of your own the loss's own graph is drawn.

        Raises:
            ValueError: there is nothing to draw, as `step` was given no Tensor or Value.
            TypeError, ValueError: as `viz.draw`.
        """
        return self._looked_at(lambda root, seen: draw(root, **{"seen": seen, **options}))

    def stepper(self, **options: Any) -> Stepper:
        """Backward of this step's loss, edge by edge, as `viz.step_through` shows it.

        Raises:
            ValueError: as `draw`; (`GraphTooLargeError`) the graph is too large for a page.
            TypeError, ValueError, IndexError: as `viz.step_through`.
        """
        return self._looked_at(lambda root, _: step_through(root, **options))

    def page(self) -> str:
        """The stepper as a page of HTML; of a graph that is too large for it, the picture."""
        try:
            return self.stepper().html
        except GraphTooLargeError as error:
            return _page(self, f"<p>{html.escape(str(error))}</p>{self.draw().svg()}")
        except Exception as error:  # of the model too: the run goes on, and its page says why
            return _page(self, f"<p>Not to be seen again: {html.escape(str(error))}</p>")

    def _looked_at(self, look: Callable[[Any, Any], Any]) -> Any:
        with np.errstate(all="ignore"):  # nan and inf are what there is to see
            if self._loss_of is not None and self.batch is not None:
                return look(*self._run_again(self._loss_of, self.batch))
            if self._root is None:
                raise ValueError(
                    "there is nothing to look at again: give history.step() the loss as the Tensor "
                    "or Value that backward began from, not as a number"
                )
            with Weights(self._places, self.parameters.values()):
                return look(self._root, None)

    def _run_again(self, loss_of: Callable[[Any, Any], Any], batch: tuple[Any, ...]) -> Any:
        """The loss, and which module made which node, by a copy of the model."""
        model = copy.deepcopy(self._model)
        for module, mode in zip(model.modules(), self._modes, strict=True):
            module.training = mode
        own = dict(model.named_parameters())
        Weights([own[name] for name in self.parameters], self.parameters.values()).change()
        *inputs, target = batch
        with Chance(generators_of(model), self._chance), trace(model) as seen:
            root = loss_of(model(*inputs), target)
        again = float(root.item())
        if not np.isclose(again, self.loss, rtol=1e-6, equal_nan=True):
            warnings.warn(
                f"run again, the loss of step {self.step:,} is {again:g}, not {self.loss:g} as it "
                "was then: the model or the loss draws from something that cannot be put back",
                stacklevel=4,
            )
        return root, seen


def _page(caught: Caught, body: str) -> str:
    title = html.escape(f"step {caught.step:,}: {caught.why}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:1rem}"
        f"svg{{max-width:100%;height:auto}}</style><title>{title}</title>"
        f"<main><h1>{title}</h1>{body}</main></html>"
    )
