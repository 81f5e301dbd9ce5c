"""Layers and losses as functions, under PyTorch's names: `from nn import functional as F`."""

from engine import (
    elu as elu,
    gelu as gelu,
    leaky_relu as leaky_relu,
    log_softmax as log_softmax,
    logsigmoid as logsigmoid,
    pad as pad,
    relu as relu,
    sigmoid as sigmoid,
    silu as silu,
    softmax as softmax,
    softplus as softplus,
    tanh as tanh,
)

from .layers import (
    adaptive_avg_pool2d as adaptive_avg_pool2d,
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
    batch_norm as batch_norm,
    conv1d as conv1d,
    conv2d as conv2d,
    dropout as dropout,
    embedding as embedding,
    group_norm as group_norm,
    layer_norm as layer_norm,
    linear as linear,
    max_pool1d as max_pool1d,
    max_pool2d as max_pool2d,
    rms_norm as rms_norm,
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from .losses import (
    binary_cross_entropy as binary_cross_entropy,
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
    cross_entropy as cross_entropy,
    hinge_loss as hinge_loss,
    huber_loss as huber_loss,
    kl_div as kl_div,
    l1_loss as l1_loss,
    mse_loss as mse_loss,
    nll_loss as nll_loss,
    smooth_l1_loss as smooth_l1_loss,
)
