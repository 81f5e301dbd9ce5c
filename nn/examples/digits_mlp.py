"""A network of two layers reads handwritten digits: about 98 % of those it has never seen.

    python -m nn.examples.digits_mlp

1,438 digits of 8 × 8 pixels to learn from, 359 held out; cross entropy, AdamW, a learning rate
that warms up and then falls as a cosine.
"""

from __future__ import annotations

import nn


def main(
    epochs: int = 30,
    hidden: int = 128,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = True,
    lr: float = 0.003,
) -> dict[str, float]:
    """Train, and return the loss and the accuracy on both parts of the digits."""
    nn.manual_seed(seed)
    x, y, x_held_out, y_held_out = nn.data.digits_split(0.2, seed=0)
    loader = nn.DataLoader((x, y), batch_size, shuffle=True)
    held_out = nn.DataLoader((x_held_out, y_held_out), len(x_held_out))

    model = nn.MLP([64, hidden, 10])
    loss = nn.CrossEntropyLoss()
    optimizer = nn.AdamW(model.parameters(), lr=lr, weight_decay=0.1)
    warm_up = len(loader)
    schedule = nn.SequentialLR(
        optimizer,
        [
            nn.LinearWarmup(optimizer, warm_up),
            nn.CosineAnnealingLR(optimizer, max(epochs * len(loader) - warm_up, 1)),
        ],
        milestones=[warm_up],
    )
    history = nn.fit(
        model, loss, optimizer, loader, epochs,
        validation=held_out,
        metrics={"accuracy": nn.accuracy},
        callbacks=[nn.StepSchedule(schedule, every="batch"), nn.ClipGradNorm(1.0)],
        progress=progress,
    )  # fmt: skip
    last = history.rows[-1]
    return {
        name: last[name] for name in ("loss", "accuracy", "validation_loss", "validation_accuracy")
    }


if __name__ == "__main__":
    print(f"held-out accuracy {main()['validation_accuracy']:.1%}")
