"""Losses: what training makes small.

Each is a function of input and target, and beside it in one file the `Module` that keeps its
settings; a family a file, after `loss`, which holds what they share.  Others take the functions
and Modules exported here; `nn` and `nn.functional` offer them under PyTorch's names.

To add a loss: write function and Module into the file of its family, export both below (`nn` takes
over what stands in `__all__`), and give it a case in tests/nn.
"""

from .binary import (
    BCELoss,
    BCEWithLogitsLoss,
    HingeLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
)
from .cross_entropy import CrossEntropyLoss, NLLLoss, cross_entropy, nll_loss
from .kl_div import KLDivLoss, kl_div
from .regression import (
    HuberLoss,
    L1Loss,
    MSELoss,
    SmoothL1Loss,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss",
    "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss", "huber_loss", "kl_div",
    "l1_loss", "mse_loss", "nll_loss", "smooth_l1_loss",
]  # fmt: skip
