"""Checks of notebook 08: initial weights, momentum, and what ails a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import nn
from engine import Tensor, to_numpy

from .exercise import Hint, NotWritten, answer_to_numpy, exercise, expect, near
from .lesson_08 import KINDS, PATIENTS, run

FAN_IN = 400


@exercise
def check_init(std: Any) -> str:
    """A deviation for weights of relu layers with 400 inputs that keeps the spread."""
    chosen = answer_to_numpy(std)
    expect(chosen.shape == (), "std has to be a single number")
    expect(chosen > 0, "A standard deviation is positive")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, FAN_IN))
    size = [float(np.sqrt(np.mean(x * x)))]
    for _ in range(10):
        x = np.maximum(x @ rng.normal(0, chosen, (FAN_IN, FAN_IN)), 0)
        size.append(float(np.sqrt(np.mean(x * x))))
    found = f"With std = {chosen:.4g} the size of the activations goes from {size[0]:.2g} to "
    found += f"{size[10]:.2g} in ten layers"
    for wrong, why in (
        (1 / FAN_IN, "1 / 400 is the variance; the deviation is its root"),
        (2 / FAN_IN, "2 / 400 is the variance; the deviation is its root"),
        ((1 / FAN_IN) ** 0.5, "that suits a layer without activation; relu throws half away"),
        (5 / 3 / FAN_IN**0.5, "5/3 is the gain of tanh; what does relu throw away?"),
        ((6 / FAN_IN) ** 0.5, "√(6 / n) is where a uniform distribution ends, not its deviation"),
    ):
        expect(not np.isclose(chosen, wrong, rtol=0.01), f"{found}: {why}")
    each = f"each layer multiplies it by {size[1] / size[0]:.2g}"
    expect(size[10] > 0.5, f"{found}: too small, {each}")
    expect(size[10] < 2.0, f"{found}: too large, {each}")
    return f"{found}."


#: Where it is seen.
SIGNS = {
    "dead units": "its last panel: a whole layer puts out nothing but 0",
    "vanishing gradient": "its second panel: compare the bars of the first layer and of the last",
    "rate too low": "its third panel: every layer gets a fair gradient, and all curves lie far "
    "below the guide",
}


@exercise
def check_runs(answers: Any) -> str:
    """What ails the runs A, B and C."""
    expect(isinstance(answers, Mapping), "answers has to be a dict with an entry for each run")
    expect(set(answers) == set(PATIENTS), "answers has to have the keys A, B and C")
    if any(said is ... for said in answers.values()):
        raise NotWritten
    answers = {
        name: said.strip().lower() if isinstance(said, str) else said
        for name, said in answers.items()
    }
    for name, said in answers.items():
        expect(said in KINDS, f"Run {name}: {said!r:.40} is not one of {', '.join(KINDS)}")
    for name, ill in PATIENTS.items():
        expect(answers[name] == ill, f"Run {name} is something else. Look at {SIGNS[ill]}")
    return "All three look alike in the loss, and only there."


@exercise
def check_momentum(momentum_step: Callable[..., Any]) -> str:
    """A step of SGD with momentum: returns the new w and the new velocity."""
    w = nn.Parameter(np.array([4.0, -1.0]))
    sgd = nn.SGD([w], lr=0.1, momentum=0.9)
    mine, velocity = to_numpy(w).copy(), np.zeros(2)
    for count in (1, 2, 3):
        sgd.zero_grad()
        (Tensor([1.0, 10.0]) * w * w / 2).sum().backward()
        g, old, old_velocity = to_numpy(w.grad).copy(), to_numpy(w).copy(), velocity.copy()
        found = momentum_step(mine, velocity, g, 0.1, 0.9)
        two = isinstance(found, tuple | list) or np.ndim(found) == 2
        expect(two and len(found) == 2, "Return two: w, velocity")
        expect(not any(one is None for one in found), "One of the two that you return is None")
        mine, velocity = answer_to_numpy(found[0]), answer_to_numpy(found[1])
        sgd.step()
        if np.allclose(mine, to_numpy(w)):
            _judge_velocity(velocity, old_velocity, g)
            continue
        expect(
            not np.allclose(velocity, to_numpy(w)),
            "The other way round: first w, then the velocity",
        )
        expect(
            not np.allclose(mine, 2 * old - to_numpy(w)),
            "It goes uphill. The gradient points where the loss grows: add it to the velocity, and "
            "subtract the velocity from w",
        )
        expect(
            not np.allclose(mine, old - 0.1 * old_velocity),
            "w has moved by the old velocity: bring the velocity up to date first",
        )
        expect(
            not np.allclose(mine, old - 0.9 * old_velocity - g),
            "w moves by all of the velocity: where is lr?",
        )
        expect(
            not np.allclose(mine, old - 0.1 * (0.81 * old_velocity + 1.9 * g)),
            "That is Nesterov's momentum, which looks one step ahead. nn.SGD(…, momentum=…) moves "
            "by the velocity itself",
        )
        expect(
            not np.allclose(velocity, old_velocity + 0.9 * g),
            "momentum belongs to the old velocity; the new gradient is added whole",
        )
        expect(
            not np.allclose(velocity, 0.9 * old_velocity + 0.1 * g)
            or not np.allclose(mine, old - 0.1 * velocity),
            "The new gradient counts for only a tenth of what it should: in nn.SGD (and in "
            "PyTorch) it is added whole, not times 1 − momentum",
        )
        expect(
            count == 1 or not np.allclose(mine, old - 0.1 * g),
            "That is plain SGD: w has to move by the velocity, which remembers earlier gradients",
        )
        expect(
            count == 1 or not np.allclose(mine, old - 0.1 * (old_velocity + g)),
            "The old velocity never fades: it has to be multiplied by momentum",
        )
        near(mine, to_numpy(w), f"After step {count} w is not what nn.SGD makes it")
    return "Three steps agree with nn.SGD."


def _judge_velocity(velocity: np.ndarray, before: np.ndarray, g: np.ndarray) -> None:
    """Whether the velocity that a step returns is right, where its w is."""
    right = 0.9 * before + g
    expect(
        not np.allclose(velocity, before) or np.allclose(right, before),
        "w is right, but you return the old velocity: the next step needs the new one",
    )
    expect(
        not any(np.allclose(velocity, factor * right) for factor in (0.1, -0.1)),
        "w is right, but lr is inside your velocity. Then a rate that changes acts on old "
        "gradients too; in nn.SGD lr comes in only where w moves",
    )
    expect(
        not np.allclose(velocity, -right),
        "w is right, but your velocity has the other sign: in nn.SGD the gradient is added to it, "
        "and it is subtracted from w",
    )
    near(velocity, right, "w is right, but the velocity is not")


@exercise
def check_diagnose(diagnose: Callable[..., Any]) -> str:
    """A function that says what ails a run, tried on runs with other seeds."""
    for seed in (1, 2):
        for kind in KINDS:
            said = diagnose(run(kind, seed))
            expect(said in KINDS, f"It says {said!r:.40}, which is none of {', '.join(KINDS)}")
            if said != kind:
                raise Hint(f"For a run that is {kind!r} it says {said!r}. {LOOK[kind]}")
    return f"{2 * len(KINDS)} runs, all of them recognised."


#: What to look at where a run was taken for another.
LOOK = {
    "healthy": "Here the loss falls by more than half; some units are dead in healthy runs too",
    "rate too low": "Here the gradients are as large as in a healthy run, in every layer; the "
    "update:data ratios are not",
    "rate too high": "Here the loss rises far above its start. Ask that first: a large step does "
    "other damage too",
    "dead units": "Here some layer has more than nine dead units of ten; look at every layer",
    "vanishing gradient": "Here the first layer's weights get a thousandth of the gradient that "
    "the last layer's get, or less; but no unit is dead. Ask this before the update:data ratio, "
    "which is small here too",
}
