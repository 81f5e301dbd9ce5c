"""Every layer and loss of nn in forward mode: as reverse mode, and as finite differences.

The programs are those of the numeric cases (cases.py), with respect to inputs and parameters.
"""

import cases_of_layers  # noqa: F401 - they declare their cases
import cases_of_training  # noqa: F401
import layer_cases
import numpy as np
import pytest
from cases import CASES, exported, of_parameters
from forward_checks import check_first_order, check_second_order
from test_losses import WITH_REDUCTION

from nn import functional as F

PROGRAMS = [
    (name, tier) for name, c in CASES.items() if hasattr(c.run, "program") for tier in c.tiers
]
each_program = pytest.mark.parametrize(("name", "tier"), PROGRAMS)

#: Rooms of nn whose things compute something of arrays that has a derivative.
ROOMS = ("nn.layers", "nn.losses", "nn.functional", "nn.scalar")


def program(name, tier):
    """The thing as a function of arrays, and the arrays."""
    return CASES[name].run.program(exported()[name], tier)


def test_every_layer_and_loss_has_a_program():
    """A new one without fails here: let its case be made by a function of cases.py."""
    with_numbers = {
        name for name, thing in exported().items()
        if name in CASES and thing.__module__.startswith(ROOMS)
    }  # fmt: skip
    assert sorted(with_numbers - {name for name, _ in PROGRAMS}) == []


@each_program
def test_forward_is_reverse_is_finite_differences(name, tier):
    check_first_order(*program(name, tier), tier)


@each_program
def test_second_derivatives_are_the_same_by_every_way(name, tier):
    check_second_order(*program(name, tier), tier)


# --- every way of calling them that is compared with PyTorch, on Tensors ---


@pytest.mark.parametrize("case", layer_cases.CASES, ids=[case[0] for case in layer_cases.CASES])
def test_a_layer_is_pushed_in_each_of_its_settings(case):
    f, arrays = of_parameters(layer_cases.made(case), case[4][0])
    if arrays:
        constant = "padding_idx" in case[3]  # to derivatives alone
        check_first_order(f, arrays, "tensor", finite=not constant)
        check_second_order(f, arrays, "tensor")


@pytest.mark.parametrize(
    ("name", "function", "x", "t", "options", "both", "reduction"),
    WITH_REDUCTION,
    ids=[f"{case[0]}-{case[-1]}" for case in WITH_REDUCTION],
)
def test_a_loss_is_pushed_with_each_of_its_options(name, function, x, t, options, both, reduction):
    def f(a, b=t):
        return getattr(F, function)(a, b, reduction=reduction, **options)

    arrays = [np.asarray(z, dtype=float) for z in (x, t)[: 1 + both]]
    check_first_order(f, arrays, "tensor", finite=name != "bce at 0 and 1")  # at both ends
    check_second_order(f, arrays, "tensor")
