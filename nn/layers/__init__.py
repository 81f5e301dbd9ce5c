"""Layers, one family a file: the function, and beside it the `Module` that holds its weights.

To add one, write its file here and export it below and in `nn`.
"""

from .activations import (
    ELU as ELU,
    GELU as GELU,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    LogSoftmax as LogSoftmax,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Softplus as Softplus,
    Tanh as Tanh,
)
from .attention import (
    MultiHeadAttention as MultiHeadAttention,
    MultiheadAttention as MultiheadAttention,
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from .avg_pool import (
    adaptive_avg_pool2d as adaptive_avg_pool2d,
    avg_pool1d as avg_pool1d,
    avg_pool2d as avg_pool2d,
)
from .containers import (
    MLP as MLP,
    Flatten as Flatten,
    ModuleList as ModuleList,
    Residual as Residual,
    Sequential as Sequential,
)
from .conv import Conv1d as Conv1d, Conv2d as Conv2d, conv1d as conv1d, conv2d as conv2d
from .dropout import Dropout as Dropout, dropout as dropout
from .embedding import Embedding as Embedding, embedding as embedding
from .linear import Linear as Linear, linear as linear
from .max_pool import max_pool1d as max_pool1d, max_pool2d as max_pool2d
from .norm import (
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    GroupNorm as GroupNorm,
    LayerNorm as LayerNorm,
    RMSNorm as RMSNorm,
)
from .norm_functions import (
    batch_norm as batch_norm,
    group_norm as group_norm,
    layer_norm as layer_norm,
    rms_norm as rms_norm,
)
from .pooling import (
    AdaptiveAvgPool2d as AdaptiveAvgPool2d,
    AvgPool1d as AvgPool1d,
    AvgPool2d as AvgPool2d,
    MaxPool1d as MaxPool1d,
    MaxPool2d as MaxPool2d,
)
from .recurrent import GRU as GRU, LSTM as LSTM, RNN as RNN
from .transformer import TransformerBlock as TransformerBlock
