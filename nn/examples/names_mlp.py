"""A network that makes up names: the last few letters, embedded, say what the next one may be.

    python -m nn.examples.names_mlp

Embedding and MLP, as in Bengio and others, "A neural probabilistic language model" (2003), on
5,163 names.  It ends below a table of which letter follows which, on names it has not seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
import nn

from . import letters


class NameMLP(nn.Module):
    """Letters before (batch, context) to logits of the next (batch, 27)."""

    def __init__(self, context: int, width: int, hidden: int) -> None:
        self.context = context
        self.embedding = nn.Embedding(len(letters.LETTERS), width)
        self.hidden = nn.Linear(context * width, hidden)
        self.dropout = nn.Dropout(0.2)
        self.readout = nn.Linear(hidden, len(letters.LETTERS))

    def forward(self, x: Any) -> Any:
        """Embed, join, one hidden layer."""
        together = engine.flatten(self.embedding(x), 1)
        return self.readout(self.dropout(engine.tanh(self.hidden(together))))

    def after(self, so_far: np.ndarray) -> Any:
        """Logits of the letter after names begun, (names, time) to (names, 27)."""
        padded = np.pad(so_far, ((0, 0), (self.context, 0)), constant_values=letters.END)
        return self(padded[:, -self.context :])


def main(
    epochs: int = 30,
    names: int | None = None,
    context: int = 4,
    width: int = 10,
    hidden: int = 128,
    batch_size: int = 128,
    seed: int = 0,
    progress: bool = True,
) -> dict[str, Any]:
    """Train; return the losses on held-out names, of the bigram table too, and sampled names."""
    nn.manual_seed(seed)
    train, held_out = letters.names_split(names)
    model = NameMLP(context, width, hidden)
    loader = nn.DataLoader(letters.contexts(train, context), batch_size, shuffle=True)
    x, y = letters.contexts(held_out, context)
    optimizer = nn.AdamW(model.parameters(), lr=0.005, weight_decay=0.05)
    schedule = nn.CosineAnnealingLR(optimizer, epochs * len(loader))
    history = nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, loader, epochs,
        validation=nn.DataLoader((x, y), len(x)),
        callbacks=[nn.StepSchedule(schedule, every="batch")],
        progress=progress,
    )  # fmt: skip
    return letters.results(model, history, train, held_out, seed)


if __name__ == "__main__":
    letters.tell(main())
