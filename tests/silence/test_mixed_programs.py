"""Ten thousand random programs that mix NumPy's functions, Python's and the engine's.

Forward and backward on both tiers: the gradient is what finite differences of the plain program
say, or there was an error (or, outside a derivative, a warning).  No gradient is lost in silence.
"""

import warnings

import numpy as np
import pytest
from silence.programs import TEMPLATES, Program

import engine as E
from engine import Tensor, Value, ValueArray

STEP = 1e-5
PROGRAMS = 10_000
PARTS = 20


def slopes(program):
    """The plain program's derivatives, and which of them can be told: it is smooth there."""
    given = [np.array(x) for x in program.given]
    found, smooth = [], []
    for k, x in enumerate(given):
        for i in np.ndindex(x.shape):
            y = []
            for d in (-2, -1, 0, 1, 2):
                moved = x.copy()
                moved[i] += d * STEP
                args = [moved if j == k else a for j, a in enumerate(given)]
                y.append(program.plain(float(args[0]), *args[1:]))
            left, right = (y[2] - y[1]) / STEP, (y[3] - y[2]) / STEP
            wide, middle = (y[4] - y[0]) / (4 * STEP), (y[3] - y[1]) / (2 * STEP)
            size = 1 + abs(middle) + 1e-4 * abs(y[2])
            found.append(middle)
            smooth.append(abs(left - right) < 1e-2 * size and abs(wide - middle) < 1e-5 * size)
    return np.array(found), np.array(smooth)


def leaves_of(tier, given):
    if tier == "tensors":
        return [Tensor(x, requires_grad=True) for x in given]
    return [ValueArray.of(x) for x in given]


def flat(gradients):
    return np.concatenate([np.ravel(E.to_numpy(g)) for g in gradients])


def by_grad(program, tier):
    given = program.given if tier == "tensors" else leaves_of(tier, program.given)
    return flat(E.grad(program.f, (0, 1, 2))(*given))


def by_backward(program, tier):
    leaves = leaves_of(tier, program.given)
    program.f(*leaves).backward()
    return flat(np.zeros(np.shape(x)) if x.grad is None else x.grad for x in leaves)


def outcome(run, program, tier):
    """The gradient, or None where something was said: an error, or a warning."""
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            gradient = run(program, tier)
        except Exception:
            return None
    return None if any(w.category is UserWarning for w in said) else gradient


def check(program):
    """How many of the four runs gave a gradient, each a right one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected, smooth = slopes(program)
    scale = 1 + np.abs(expected[smooth]).max(initial=0)
    ran = 0
    for run in (by_grad,) if program.copies else (by_grad, by_backward):
        for tier in ("tensors", "values"):
            got = outcome(run, program, tier)
            if got is None:
                continue
            ran += 1
            right = np.isclose(got, expected, rtol=1e-4, atol=1e-4 * scale)
            right |= np.isnan(got)  # x - x in a hypot: its derivative at 0 is nan, which is seen
            assert right[smooth].all(), (
                f"{run.__name__} on {tier}: {got} where finite differences say {expected}\n"
                f"{program.source}\nat {program.given}"
            )
    return ran


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t[1])
def test_no_gradient_is_lost_through(template):
    for seed in range(6):
        check(Program(seed, first=template))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_gradient_is_lost_in_random_programs(part):
    each = PROGRAMS // PARTS
    ran = sum(check(Program(100 + part * each + i)) for i in range(each))
    assert ran > each  # of four runs of each program, the others ended in words


@pytest.mark.parametrize("tier", ["tensors", "values"])
def test_a_lost_gradient_is_found(tier):
    """A program whose second factor leaves the graph, through a form that is quiet on purpose."""
    program = Program(0)
    program.source = "planted"
    program.f = lambda s, v, m: s * (s.item() if isinstance(s, Tensor | Value) else s) + m.sum()
    with pytest.raises(AssertionError, match="where finite differences say"):
        check(program)
