"""Training, watched: what is measured and how it is kept.  `viz.plots` draws it."""

from .history import History as History
from .measure import (
    Meter as Meter,
    array_of as array_of,
    gradient_of as gradient_of,
    named_layers as named_layers,
    named_parameters as named_parameters,
)
