"""Layers and losses as functions, under PyTorch's names: `from nn import functional as F`."""

from engine import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    logsigmoid,
    pad,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)

from .attention import scaled_dot_product_attention
from .avg_pool import adaptive_avg_pool2d, avg_pool1d, avg_pool2d
from .conv import conv1d, conv2d
from .cross_entropy import cross_entropy, nll_loss
from .dropout import dropout
from .embedding import embedding
from .linear import linear
from .loss_functions import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from .max_pool import max_pool1d, max_pool2d
from .norm_functions import batch_norm, group_norm, layer_norm, rms_norm

__all__ = [
    "adaptive_avg_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "group_norm",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "pad",
    "relu",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
]
