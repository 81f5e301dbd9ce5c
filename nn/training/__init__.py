"""The training loop: `fit`, `evaluate`, `accuracy`."""

from .fit import accuracy as accuracy, evaluate as evaluate, fit as fit
