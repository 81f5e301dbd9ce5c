"""Notebook 08: descents over contours, runs that are sick, and the checks of its exercises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import nn
from engine import Tensor
from nn import plain
from viz import History
from viz.plots import dead_units, gradient_flow, loss, update_ratio

from .checking import Hint, NotWritten, exercise, expect, near, numbers

__all__ = [
    "check_diagnose",
    "check_init",
    "check_momentum",
    "check_runs",
    "descend",
    "draw_path",
    "draw_run",
    "run",
    "some_digits",
]


# --- descents ---


def descend(
    f: Callable[[Any], Any],
    start: Any,
    optimizer: Callable[[list[Any]], nn.Optimizer],
    steps: int,
) -> np.ndarray:
    """The points an optimizer passes on its way down `f`: (steps + 1, n), the start first.

    >>> descend(lambda w: (w * w).sum(), [4.0, -2.0], lambda w: nn.SGD(w, lr=0.25), 2).tolist()
    [[4.0, -2.0], [2.0, -1.0], [1.0, -0.5]]
    """
    w = nn.Parameter(np.asarray(start, dtype=float))
    one = optimizer([w])
    points = [plain(w)]
    for _ in range(steps):
        one.zero_grad()
        f(w).backward()
        one.step()
        points.append(plain(w))
    return np.array(points)


def draw_path(
    f: Callable[[Any], Any],
    points: np.ndarray,
    ax: Any,
    *,
    title: str = "",
    reach: tuple[float, float] = (5.0, 2.5),
    levels: Any = 10,
) -> Any:
    """A descent over the contours of what it descends.  Returns the axes.

    Args:
        f: takes an array (2, …), two numbers for each place; gives a number for each.
        points: (n, 2), as `descend` gives them.
        ax: axes to draw on.
        title: above the picture.
        reach: how far the picture goes from the origin, along each axis.
        levels: heights to draw a contour at, or how many.
    """
    across, up = (np.linspace(-end, end, 81) for end in reach)
    heights = plain(f(np.stack(np.meshgrid(across, up))))
    ax.contour(across, up, heights, levels=levels, colors="0.75", linewidths=0.8)
    ax.plot(*points.T, ".-", color="#0072b2", linewidth=1, markersize=4)
    ax.plot(*points[0], "o", color="#d55e00")
    ax.plot(0, 0, "k+")
    ax.set(title=title, xlabel="w1", ylabel="w2")
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    return ax


# --- runs ---


def some_digits(count: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """The first handwritten digits (count, 64), with mean 0 and deviation 1; and their labels."""
    x, labels = nn.datasets.load_digits()
    x, labels = x[:count], labels[:count]
    return (x - x.mean()) / x.std(), labels


def run(kind: str, seed: int = 0, steps: int = 80) -> History:
    """A short training on digits that is "healthy", or has what `kind` names; see `KINDS`.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r:.60}")
    tanh = kind in ("rate too high", "vanishing gradient")
    hidden = [32] * (6 if kind == "vanishing gradient" else 2)
    model = nn.MLP([64, *hidden, 10], activation=nn.Tanh if tanh else nn.ReLU, rng=seed)
    if kind == "vanishing gradient":
        for name, p in model.named_parameters():
            if name.endswith("weight"):
                nn.init.normal_(p, std=0.03, rng=seed)
    if kind == "dead units":
        dict(model.named_parameters())["layers.1.bias"].data = np.full(32, -8.0)
    rate = {"rate too low": 3e-4, "rate too high": 2.0}.get(kind, 0.1)
    history = History(every=5)
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=rate),
        nn.DataLoader(some_digits(), batch_size=50, shuffle=True, rng=seed),
        epochs=-(-steps // 20), callbacks=[history], progress=False,
    )  # fmt: skip
    return history


KINDS = ("healthy", "rate too low", "rate too high", "dead units", "vanishing gradient")


def draw_run(history: History, axes: Any, title: str) -> None:
    """Loss, gradient flow, updates and dead units of a run, on four axes side by side."""
    panels: list[Any] = [loss, gradient_flow, update_ratio, dead_units]
    for panel, ax in zip(panels, axes, strict=True):
        panel(history, ax)
        ax.set_ylabel("")
        if ax.get_legend():
            ax.get_legend().remove()
    axes[0].set_title(f"{title}: loss")


# --- exercises ---

FAN_IN = 400


@exercise
def check_init(std: Any) -> str:
    """A deviation for weights of relu layers with 400 inputs that keeps the spread."""
    chosen = numbers(std)
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


#: What ails the runs of the exercise, in the words its choices are in.
PATIENTS = {"A": "dead units", "B": "vanishing gradient", "C": "rate too low"}
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
    mine, velocity = plain(w).copy(), np.zeros(2)
    for count in (1, 2, 3):
        sgd.zero_grad()
        (Tensor([1.0, 10.0]) * w * w / 2).sum().backward()
        g, old, old_velocity = plain(w.grad).copy(), plain(w).copy(), velocity.copy()
        found = momentum_step(mine, velocity, g, 0.1, 0.9)
        two = isinstance(found, tuple | list) or np.ndim(found) == 2
        expect(two and len(found) == 2, "Return two: w, velocity")
        expect(not any(one is None for one in found), "One of the two that you return is None")
        mine, velocity = numbers(found[0]), numbers(found[1])
        sgd.step()
        if np.allclose(mine, plain(w)):
            _judge_velocity(velocity, old_velocity, g)
            continue
        expect(
            not np.allclose(velocity, plain(w)), "The other way round: first w, then the velocity"
        )
        expect(
            not np.allclose(mine, 2 * old - plain(w)),
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
        near(mine, plain(w), f"After step {count} w is not what nn.SGD makes it")
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
