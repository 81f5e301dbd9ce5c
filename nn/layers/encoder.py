"""`TransformerEncoderLayer` and `TransformerEncoder`: blocks under PyTorch's names and defaults."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ..checks import as_array, at_least
from ..module import Module
from ..random import Rng
from .attention import causal_mask
from .containers import ModuleList
from .transformer import TransformerBlock


class TransformerEncoderLayer(TransformerBlock):
    """`TransformerBlock` as PyTorch has it: post-norm, relu, dropout, and time before batch.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, norm_first, bias:
            as for `TransformerBlock`.
        batch_first: inputs are (batch, time, d_model), not (time, batch, d_model).
        rng: a Generator or a seed, for weights and dropout; default the shared generator.

    Raises:
        ValueError: as `TransformerBlock`.

    >>> import numpy as np
    >>> TransformerEncoderLayer(8, 2, rng=0)(np.ones((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            d_model, nhead, dim_feedforward, dropout, activation, norm_first, False, bias,
            layer_norm_eps, rng,
        )  # fmt: skip
        self.batch_first = bool(batch_first)
        self.to(device, dtype)

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """Same shape as src.

        Args:
            src: shape (time, batch, d_model), (batch, time, d_model) if batch_first, or
                (time, d_model).
            src_mask: shape (time, time), True where a position must NOT look, or floats that are
                added.
            src_key_padding_mask: shape (batch, time), True for positions nobody must look at.
            is_causal: each position sees itself and what came before, if no src_mask is given.
        """
        src = as_array(src)
        swapped = src.ndim == 3 and not self.batch_first
        x = src.transpose((1, 0, 2)) if swapped else src
        if is_causal and src_mask is None:
            src_mask = causal_mask(x.shape[-2], x.shape[-2])
        y = super().forward(x, src_mask, src_key_padding_mask)
        return y.transpose((1, 0, 2)) if swapped else y

    def extra_repr(self) -> str:
        parts = (super().extra_repr(), "batch_first=True" if self.batch_first else "")
        return ", ".join(filter(None, parts))


class TransformerEncoder(Module):
    """Layers one after another, each a copy of the one given, and at the end a norm.

    Args:
        encoder_layer: a TransformerEncoderLayer; copied, with its weights, as PyTorch does.
        num_layers: how many copies.
        norm: a Module that is applied to the last one's result, or None.

    Raises:
        ValueError: num_layers below 1.

    >>> import numpy as np
    >>> layer = TransformerEncoderLayer(4, 2, 8, batch_first=True, rng=0)
    >>> TransformerEncoder(layer, 2)(np.ones((3, 5, 4))).shape
    (3, 5, 4)
    """

    def __init__(
        self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        at_least(1, num_layers=num_layers)
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """Same shape as src; arguments as the layers'."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)
