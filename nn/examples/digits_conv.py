"""A conv net that reads the bundled handwritten digits: at least 98.5 % of those it never saw.

    python -m nn.examples.digits_conv

1,438 images of 8×8 pixels to learn from, 359 held out; 6,138 weights; a few seconds on one core.
"""

from __future__ import annotations

import numpy as np

import nn
from nn.datasets import digits_split


def make_model(rng: np.random.Generator | int = 0) -> nn.Sequential:
    """Two convolutions, each halved by pooling, and a linear layer: (batch, 1, 8, 8) to 10 scores.

    A convolution has no bias here, because the batch norm after it has one.

    >>> make_model()(np.zeros((5, 1, 8, 8))).shape
    (5, 10)
    """
    rng = np.random.default_rng(rng)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False, rng=rng),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False, rng=rng),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25, rng=rng),
        nn.Linear(32 * 2 * 2, 10, rng=rng),
    )


def train(
    epochs: int = 20,
    seed: int = 0,
    examples: int | None = None,
    progress: bool = True,
    parallel: nn.Parallel | None = None,
) -> tuple[nn.Sequential, nn.EpochHistory]:
    """Train in float32, and look at the held-out digits after each epoch.

    Args:
        epochs: passes over the training images.
        seed: decides the split, the weights, the order and the dropout.
        examples: how many training images to use; default all.
        progress: show a line or a bar for each epoch.
        parallel: cuts each batch into shards.

    Returns:
        The model, and its history.
    """
    x_train, y_train, x_test, y_test = digits_split(0.2, seed=seed, image=True)
    train = (x_train[:examples].astype(np.float32), y_train[:examples])
    held_out = (x_test.astype(np.float32), y_test)

    rng = np.random.default_rng(seed)
    model = make_model(rng)
    model.to(np.float32)
    loader = nn.DataLoader(train, batch_size=32, shuffle=True, rng=rng)
    optimizer = nn.AdamW(model.parameters(), lr=1e-2)
    schedule = nn.OneCycleLR(optimizer, max_lr=1e-2, total_steps=epochs * len(loader))
    history = nn.fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        loader,
        epochs,
        validation=nn.DataLoader(held_out, batch_size=len(y_test)),
        metrics={"accuracy": nn.accuracy},
        callbacks=[nn.StepSchedule(schedule, every="batch")],
        progress=progress,
        parallel=parallel,
    )
    return model, history


def main(
    epochs: int = 20, seed: int = 0, examples: int | None = None, progress: bool = True
) -> dict[str, float]:
    """Train as `train` does.

    Returns:
        Of the last epoch: "loss", "accuracy" (in training, with dropout), "validation_loss" and
        "validation_accuracy" (held out).
    """
    _, history = train(epochs, seed, examples, progress)
    last = history.rows[-1]
    names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
    return {name: float(last[name]) for name in names}


if __name__ == "__main__":
    found = main()
    print(f"held out: {100 * found['validation_accuracy']:.2f} % right")
