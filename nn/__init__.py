"""Neural networks on the engine: layers, losses, optimizers, data."""

from . import (
    callbacks as callbacks,
    data as data,
    datasets as datasets,
    functional as functional,
    init as init,
    optim as optim,
    scalar as scalar,
)
from .callbacks import (
    Callback as Callback,
    ClipGradNorm as ClipGradNorm,
    ClipGradValue as ClipGradValue,
    EarlyStopping as EarlyStopping,
    EpochHistory as EpochHistory,
    SaveBest as SaveBest,
    StepSchedule as StepSchedule,
)
from .checkpoint import (
    CheckpointError as CheckpointError,
    load as load,
    load_training as load_training,
    save as save,
    save_training as save_training,
)
from .checks import plain as plain
from .data import (
    DataLoader as DataLoader,
    Dataset as Dataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
    random_split as random_split,
)
from .layers import (
    ELU as ELU,
    GELU as GELU,
    GRU as GRU,
    LSTM as LSTM,
    MLP as MLP,
    RNN as RNN,
    AdaptiveAvgPool2d as AdaptiveAvgPool2d,
    AvgPool1d as AvgPool1d,
    AvgPool2d as AvgPool2d,
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    Conv1d as Conv1d,
    Conv2d as Conv2d,
    Dropout as Dropout,
    Embedding as Embedding,
    Flatten as Flatten,
    GroupNorm as GroupNorm,
    Identity as Identity,
    LayerNorm as LayerNorm,
    LeakyReLU as LeakyReLU,
    Linear as Linear,
    LogSoftmax as LogSoftmax,
    MaxPool1d as MaxPool1d,
    MaxPool2d as MaxPool2d,
    ModuleList as ModuleList,
    MultiHeadAttention as MultiHeadAttention,
    MultiheadAttention as MultiheadAttention,
    ReLU as ReLU,
    Residual as Residual,
    RMSNorm as RMSNorm,
    Sequential as Sequential,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Softplus as Softplus,
    Tanh as Tanh,
    TransformerBlock as TransformerBlock,
)
from .losses import (
    BCELoss as BCELoss,
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    HingeLoss as HingeLoss,
    HuberLoss as HuberLoss,
    KLDivLoss as KLDivLoss,
    L1Loss as L1Loss,
    MSELoss as MSELoss,
    NLLLoss as NLLLoss,
    SmoothL1Loss as SmoothL1Loss,
)
from .module import Module as Module
from .optim import (
    SGD as SGD,
    Adagrad as Adagrad,
    Adam as Adam,
    AdamW as AdamW,
    CosineAnnealingLR as CosineAnnealingLR,
    ExponentialLR as ExponentialLR,
    LambdaLR as LambdaLR,
    LinearWarmup as LinearWarmup,
    Lion as Lion,
    MultiStepLR as MultiStepLR,
    OneCycleLR as OneCycleLR,
    Optimizer as Optimizer,
    ReduceLROnPlateau as ReduceLROnPlateau,
    RMSprop as RMSprop,
    Schedule as Schedule,
    SequentialLR as SequentialLR,
    StepLR as StepLR,
    clip_grad_norm_ as clip_grad_norm_,
    clip_grad_value_ as clip_grad_value_,
)
from .parameter import Parameter as Parameter
from .random import manual_seed as manual_seed
from .summary import summary as summary
from .training import accuracy as accuracy, evaluate as evaluate, fit as fit
