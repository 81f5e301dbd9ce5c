"""Optimizers, learning rate schedules and gradient clipping: how a gradient becomes a step.

`optimizer` is the base: groups of settings, state, parameters of either tier; an optimizer is a
file with its `check` and `update`, written on arrays, and `groups` has what those share.
`schedule` is the base of the schedules, each a formula for the rate; `lr_scheduler` has them under
PyTorch's path.  Others take the names exported here; `nn` has them too.

To add an optimizer or a schedule: write its file (a schedule may join `schedules` or
`linear_schedules`), export it below (`nn` takes over what stands in `__all__`), and give it a case
in tests/nn.
"""

from . import lr_scheduler as lr_scheduler
from .adagrad import Adagrad
from .adam import Adam, AdamW
from .chained import ChainedScheduler, SequentialLR
from .clipping import clip_grad_norm_, clip_grad_value_
from .cycles import CosineAnnealingWarmRestarts, CyclicLR
from .lbfgs import LBFGS
from .linear_schedules import ConstantLR, LinearLR, LinearWarmup, PolynomialLR
from .lion import Lion
from .nadam import NAdam
from .one_cycle import OneCycleLR
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .radam import RAdam
from .rmsprop import RMSprop
from .schedule import Schedule
from .schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    MultiplicativeLR,
    MultiStepLR,
    StepLR,
)
from .sgd import SGD

__all__ = [
    "LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "ChainedScheduler", "ConstantLR",
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR", "LambdaLR",
    "LinearLR", "LinearWarmup", "Lion", "MultiStepLR", "MultiplicativeLR", "NAdam", "OneCycleLR",
    "Optimizer", "PolynomialLR", "RAdam", "RMSprop", "ReduceLROnPlateau", "Schedule",
    "SequentialLR", "StepLR", "clip_grad_norm_", "clip_grad_value_",
]  # fmt: skip
