"""All that a `History` holds at a glance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..monitoring import History
from .axes import figure_with
from .curves import learning_rate, metric, metrics_of
from .measurements import dead_units, gradient_flow, gradient_norms, update_ratio


def dashboard(history: History, *, title: str = "", columns: int = 3) -> Any:
    """All that a history holds, in one figure, which is returned.

    A panel for each metric that was noted, and for what was measured of parameters and layers;
    a learning rate that stayed the same is said in a line.  All panels over steps show the same
    steps.

    Args:
        history: what was recorded.
        title: of the figure; how many steps were taken, where it is empty.
        columns: how many panels stand side by side; 2 suit the width of a notebook.

    Raises:
        KeyError: the history is empty.
        ValueError: columns is below 1.

    >>> from viz import History, plots
    >>> import nn, numpy as np
    >>> model, x = nn.MLP([2, 4, 1], rng=0), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> optimizer, history = nn.SGD(model.parameters(), lr=0.1), History()
    >>> data = nn.DataLoader((x, x[:, :1]), batch_size=1)
    >>> run = nn.fit(model, nn.MSELoss(), optimizer, data, 3, callbacks=[history], progress=False)
    >>> figure = plots.dashboard(history)
    >>> len(figure.axes)
    5
    >>> plots.pyplot.close()
    """
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    if not history.names:
        raise KeyError("the history is empty: call history.step(loss) after each step")
    title = title or f"{history.steps:,} step{'s' * (history.steps != 1)}"
    panels: list[Callable[..., Any]] = [partial(_metric, name=name) for name in metrics_of(history)]
    if "lr" in history.names:
        rates = set(history.series("lr")[1].tolist())
        if len(rates) == 1 and panels:
            title += f"\nlearning rate {rates.pop():g} throughout"
        else:
            panels.append(learning_rate)
    panels += [gradient_flow, gradient_norms, update_ratio] if history.parameters() else []
    panels += [dead_units] if history.activations() else []
    if not panels:
        raise KeyError(f"nothing here has a panel; the history holds {history.names}")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = figure_with(rows, columns, (4.6 * columns, 3.9 * rows))
    drawn = [panel(history, ax=ax) for ax, panel in zip(axes.flat, panels, strict=False)]
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    over_steps = [ax for ax in drawn if ax.get_xlabel() == "step"]
    ends = [end for ax in over_steps for end in ax.get_xlim()]
    for ax in over_steps:
        ax.set_xlim(min(ends), max(ends))
    figure.suptitle(title)
    return figure


def _metric(history: History, name: str, ax: Any) -> Any:
    return metric(history, name, ax)
