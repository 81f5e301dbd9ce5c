"""All parameters of a model as one vector, and back: what optimizers of others take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import engine
from engine import to_numpy

from ..checks import as_array
from ..parameter import fill


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All numbers of the parameters, one after another, as one vector in their graph.

    Args:
        parameters: Tensors or arrays of Values, at least one.

    Raises:
        ValueError: there is none.

    >>> from nn import Linear
    >>> parameters_to_vector(Linear(2, 3).parameters()).shape
    (9,)
    """
    parts = [as_array(p).reshape((-1,)) for p in parameters]
    if not parts:
        raise ValueError("parameters_to_vector() needs at least one parameter")
    return engine.concatenate(parts)


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Put the numbers of a vector into the parameters, in the order of `parameters_to_vector`.

    Args:
        vec: of as many numbers as the parameters have together; copied.
        parameters: Tensors or arrays of Values.

    Raises:
        ValueError: another number of numbers, or vec is no vector; nothing is changed then.

    >>> from nn import Parameter
    >>> w, b = Parameter([0.0, 0.0]), Parameter(0.0)
    >>> vector_to_parameters([1.0, 2.0, 3.0], [w, b])
    >>> w.tolist(), b.item()
    ([1.0, 2.0], 3.0)
    """
    numbers = np.array(to_numpy(as_array(vec)))
    parameters = list(parameters)
    sizes = [int(np.size(p)) for p in parameters]
    if numbers.shape != (sum(sizes),):
        raise ValueError(
            f"vec must have shape ({sum(sizes)},) for these parameters, got {numbers.shape}"
        )
    pieces = np.split(numbers, np.cumsum(sizes)[:-1]) if sizes else []
    for parameter, piece in zip(parameters, pieces, strict=True):
        fill(parameter, piece.reshape(parameter.shape))
