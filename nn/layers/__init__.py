"""Layers: what models are made of.

One family a file: the function, and beside it the `Module` that keeps its weights and settings.
`sliding` and `im2col` are what convolutions and pooling share, `conv_op` what convolutions and
their transposes do, `standardize` what the norms do, `scans` the recurrences behind `recurrent`
and `cells`.  Others take the functions and Modules exported here;
`nn` and `nn.functional` offer them under PyTorch's names.

To add a layer: write its file, export function and Module below (`nn` takes over what stands in
`__all__`), and give it a case in tests/nn.
"""

from .activations import (
    ELU,
    GELU,
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .attention import scaled_dot_product_attention
from .avg_pool import (
    AdaptiveAvgPool2d,
    AvgPool1d,
    AvgPool2d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
)
from .batch_norm import BatchNorm1d, BatchNorm2d, batch_norm
from .cells import GRUCell, LSTMCell, RNNCell
from .containers import MLP, ModuleList, ParameterList, Residual, Sequential
from .conv import Conv1d, Conv2d, conv1d, conv2d
from .conv_transpose import (
    ConvTranspose1d,
    ConvTranspose2d,
    conv_transpose1d,
    conv_transpose2d,
)
from .dicts import ModuleDict, ParameterDict
from .dropout import Dropout, Dropout2d, dropout, dropout2d
from .embedding import Embedding, embedding
from .encoder import TransformerEncoder, TransformerEncoderLayer
from .flatten import Flatten, Unflatten
from .group_norm import GroupNorm, group_norm
from .instance_norm import InstanceNorm1d, InstanceNorm2d, instance_norm
from .layer_norm import LayerNorm, RMSNorm, layer_norm, rms_norm
from .linear import Linear, linear
from .max_pool import MaxPool1d, MaxPool2d, max_pool1d, max_pool2d
from .multi_head_attention import MultiHeadAttention, MultiheadAttention
from .recurrent import GRU, LSTM, RNN
from .similarity import CosineSimilarity, cosine_similarity, normalize
from .transformer import TransformerBlock
from .upsample import Upsample, interpolate

__all__ = [
    "ELU", "GELU", "GRU", "LSTM", "MLP", "RNN", "AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d",
    "BatchNorm1d", "BatchNorm2d", "Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d",
    "CosineSimilarity", "Dropout", "Dropout2d", "Embedding", "Flatten", "GRUCell", "GroupNorm",
    "Identity", "InstanceNorm1d", "InstanceNorm2d", "LSTMCell", "LayerNorm", "LeakyReLU", "Linear",
    "LogSoftmax", "MaxPool1d", "MaxPool2d", "ModuleDict", "ModuleList", "MultiHeadAttention",
    "MultiheadAttention", "ParameterDict", "ParameterList", "RMSNorm", "RNNCell", "ReLU",
    "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh", "TransformerBlock",
    "TransformerEncoder", "TransformerEncoderLayer", "Unflatten", "Upsample", "adaptive_avg_pool2d",
    "avg_pool1d", "avg_pool2d", "batch_norm", "conv1d", "conv2d", "conv_transpose1d",
    "conv_transpose2d", "cosine_similarity", "dropout", "dropout2d", "embedding", "group_norm",
    "instance_norm", "interpolate", "layer_norm", "linear", "max_pool1d", "max_pool2d", "normalize",
    "rms_norm", "scaled_dot_product_attention",
]  # fmt: skip
