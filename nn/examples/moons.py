"""micrograd's demo on both engines: two moons, 2-16-16-1, and the same losses on either tier.

    python -m nn.examples.moons

The hinge loss and an L2 term of all 100 points at once, and gradient descent whose learning rate
falls from 1 to 0.1.  One model runs as arrays; its copy runs number by number, from the same
weights: 65,413 nodes a step instead of 36.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from engine import to_numpy


def hinge_with_decay(model: nn.Module, alpha: float = 1e-4) -> Any:
    """The loss of the demo: mean of max(1 − y · score, 0), plus alpha times all p²."""
    hinge = nn.HingeLoss()

    def loss(scores: Any, y: Any) -> Any:
        decay = sum((p * p).sum() for p in model.parameters())
        return hinge(scores.reshape(-1), y) + alpha * decay

    return loss


def signs(scores: Any, y: Any) -> float:
    """The fraction of points on their side of zero."""
    return float(np.mean((to_numpy(scores).reshape(-1) > 0) == (to_numpy(y) > 0)))


def build(hidden: int, seed: int) -> nn.MLP:
    """The network, with weights as micrograd draws them: uniform in ±1, biases 0."""
    rng = np.random.default_rng(seed)
    model = nn.MLP([2, hidden, hidden, 1])
    for name, p in model.named_parameters():
        p.data = rng.uniform(-1, 1, p.shape) if name.endswith("weight") else np.zeros(p.shape)
    return model


def train(model: nn.Module, x: Any, y: Any, steps: int, progress: bool) -> nn.EpochHistory:
    """Full-batch gradient descent; the rate falls linearly from 1 to 0.1."""
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    schedule = nn.LambdaLR(optimizer, lambda k: 1 - 0.9 * k / steps)
    return nn.fit(
        model, hinge_with_decay(model), optimizer, nn.DataLoader((x, y), len(x)), steps,
        metrics={"accuracy": signs}, callbacks=[nn.StepSchedule(schedule)], progress=progress,
    )  # fmt: skip


def main(
    points: int = 100, hidden: int = 16, steps: int = 100, seed: int = 0, progress: bool = True
) -> dict[str, Any]:
    """Train both; return their loss curves, how far these are apart, and the accuracies."""
    x, labels = nn.data.make_moons(points, noise=0.1, seed=0)
    y = 2.0 * labels - 1
    found: dict[str, Any] = {}
    model = build(hidden, seed)
    for tier, one in (("array", model), ("scalar", model.scalar())):
        history = train(one, x, y, steps, progress)
        after = nn.evaluate(one, hinge_with_decay(one), [(x, y)], {"accuracy": signs})
        found[tier] = {
            "loss": history["loss"],
            "accuracy": after["accuracy"],
            "seconds": sum(history["seconds"]),
        }
    curves = (np.array(found[tier]["loss"]) for tier in ("array", "scalar"))
    found["difference"] = float(np.abs(np.subtract(*curves)).max())
    return found


if __name__ == "__main__":
    found = main()
    for tier in ("array", "scalar"):
        one = found[tier]
        print(
            f"{tier:6}: accuracy {one['accuracy']:.0%}, loss {one['loss'][-1]:.4f}, "
            f"{one['seconds']:.2f} s"
        )
    print(f"the losses differ by {found['difference']:.1e} at most")
