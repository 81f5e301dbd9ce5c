"""Neural networks on the engine: layers, losses, optimizers, data."""

from . import scalar as scalar
from .activations import ELU as ELU
from .activations import GELU as GELU
from .activations import Identity as Identity
from .activations import LeakyReLU as LeakyReLU
from .activations import LogSoftmax as LogSoftmax
from .activations import ReLU as ReLU
from .activations import Sigmoid as Sigmoid
from .activations import SiLU as SiLU
from .activations import Softmax as Softmax
from .activations import Softplus as Softplus
from .activations import Tanh as Tanh
from .containers import MLP as MLP
from .containers import Flatten as Flatten
from .containers import ModuleList as ModuleList
from .containers import Residual as Residual
from .containers import Sequential as Sequential
from .linear import Linear as Linear
from .module import Module as Module
from .module import Parameter as Parameter
from .random import manual_seed as manual_seed
