"""Notebook 07: what a neuron and a layer do to the plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import to_numpy


def draw_plane(
    f: Callable[[Any], Any], ax: Any, *, reach: float = 4.0, title: str = "", resolution: int = 81
) -> Any:
    """The value of `f` over the plane, in shades.  Returns the axes.

    Args:
        f: takes points (n, 2), gives (n,) or (n, 1), of either tier.
        ax: axes to draw on.
        reach: the plane from -reach to reach, both ways.
        title: above the picture.
        resolution: points of the grid along each axis.
    """
    ends = np.linspace(-reach, reach, resolution)
    grid = np.stack(np.meshgrid(ends, ends), axis=-1).reshape(-1, 2)
    heights = to_numpy(f(grid)).reshape(resolution, resolution)
    shades = ax.contourf(ends, ends, heights, levels=12, cmap="Blues")
    ax.figure.colorbar(shades, ax=ax)
    ax.set(title=title, xlabel="x1", ylabel="x2", aspect="equal")
    return ax


def draw_folds(layer: nn.Linear, ax: Any, *, colour: str = "0.45") -> Any:
    """For each neuron of a layer with two inputs, the line where it switches on: w·x + b = 0.

    The limits of the axes stay as they are.  Returns the axes.

    Raises:
        ValueError: the layer has not two inputs.
    """
    weights, biases = to_numpy(layer.weight), to_numpy(layer.bias)
    if weights.shape[1] != 2:
        raise ValueError(f"a line needs two inputs, the layer takes {weights.shape[1]}")
    limits = ax.get_xlim(), ax.get_ylim()
    far = 4 * max(abs(end) for limit in limits for end in limit)
    for w, b in zip(weights, biases, strict=True):
        square = float(w @ w)
        if square == 0:
            continue  # the same everywhere: no line
        foot, along = -b * w / square, np.array([-w[1], w[0]]) / square**0.5
        ends = np.stack([foot - far * along, foot + far * along])
        ax.plot(*ends.T, color=colour, linewidth=0.6, antialiased=False)
    ax.set(xlim=limits[0], ylim=limits[1])
    return ax
