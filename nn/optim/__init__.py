"""Optimizers, learning rate schedules and gradient clipping."""

from .adam import Adam as Adam, AdamW as AdamW, Lion as Lion
from .clipping import clip_grad_norm_ as clip_grad_norm_, clip_grad_value_ as clip_grad_value_
from .one_cycle import OneCycleLR as OneCycleLR
from .optimizer import Optimizer as Optimizer
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .schedules import (
    CosineAnnealingLR as CosineAnnealingLR,
    ExponentialLR as ExponentialLR,
    LambdaLR as LambdaLR,
    LinearWarmup as LinearWarmup,
    MultiStepLR as MultiStepLR,
    Schedule as Schedule,
    SequentialLR as SequentialLR,
    StepLR as StepLR,
)
from .sgd import SGD as SGD, Adagrad as Adagrad, RMSprop as RMSprop
