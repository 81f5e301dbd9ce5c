"""The stepper: forward and backward as steps, in text and as one offline page."""

from .rule_source import rule_source as rule_source
from .stepper import (
    PAGE_SUFFIXES as PAGE_SUFFIXES,
    Stepper as Stepper,
    step_through as step_through,
)
from .steps import BackwardStep as BackwardStep, ForwardStep as ForwardStep, steps as steps
