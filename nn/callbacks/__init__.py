"""What `fit` calls between batches and epochs: early stopping, best weights, schedules."""

from .callback import (
    Callback as Callback,
    ClipGradNorm as ClipGradNorm,
    ClipGradValue as ClipGradValue,
    EarlyStopping as EarlyStopping,
    Run as Run,
    SaveBest as SaveBest,
    StepSchedule as StepSchedule,
)
from .epoch_history import EpochHistory as EpochHistory
from .progress import Progress as Progress
