"""A small GPT that makes up names: every letter looks back at all letters before it.

    python -m nn.examples.names_gpt

Blocks of causal attention on 5,163 names.  It ends below the network of `names_mlp`, which sees
the last few letters only, on the same names held out.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import nn

from . import letters


class NameGPT(nn.Module):
    """Letters (batch, time) to logits of each next letter (batch, time, 27)."""

    def __init__(self, width: int, heads: int, blocks: int, dropout: float) -> None:
        self.embedding = nn.Embedding(len(letters.LETTERS), width)
        self.position = nn.Embedding(letters.LONGEST + 1, width)
        self.dropout = nn.Dropout(dropout)
        block = functools.partial(nn.TransformerBlock, width, heads, dropout=dropout, causal=True)
        self.blocks = nn.Sequential(*[block() for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.readout = nn.Linear(width, len(letters.LETTERS))
        for table in (self.embedding, self.position):
            table.weight.data = 0.1 * table.weight.data

    def forward(self, x: Any) -> Any:
        """Embed letters and places, the blocks, read out."""
        h = self.embedding(x) + self.position(np.arange(x.shape[1]))
        return self.readout(self.norm(self.blocks(self.dropout(h))))

    def after(self, so_far: np.ndarray) -> Any:
        """Logits of the letter after names begun, (names, time) to (names, 27)."""
        return self(so_far)[:, -1]


def main(
    epochs: int = 60,
    names: int | None = None,
    width: int = 48,
    heads: int = 4,
    blocks: int = 2,
    dropout: float = 0.15,
    batch_size: int = 64,
    seed: int = 0,
    progress: bool = True,
) -> dict[str, Any]:
    """Train; return the losses on held-out names, of the bigram table too, and sampled names."""
    nn.manual_seed(seed)
    train, held_out = letters.names_split(names)
    model = NameGPT(width, heads, blocks, dropout).to(np.float32)
    loader = nn.DataLoader(letters.rows(train), batch_size, shuffle=True)
    x, y = letters.rows(held_out)
    optimizer = nn.AdamW(model.parameters(), lr=0.003, weight_decay=0.1)
    steps = epochs * len(loader)
    warm_up = max(steps // 20, 1)
    schedule = nn.SequentialLR(
        optimizer,
        [
            nn.LinearWarmup(optimizer, warm_up),
            nn.CosineAnnealingLR(optimizer, max(steps - warm_up, 1)),
        ],
        milestones=[warm_up],
    )
    history = nn.fit(
        model, letters.letter_loss, optimizer, loader, epochs,
        validation=nn.DataLoader((x, y), len(x)),
        callbacks=[nn.StepSchedule(schedule, every="batch"), nn.ClipGradNorm(1.0)],
        progress=progress,
    )  # fmt: skip
    return letters.results(model, history, train, held_out, seed)


if __name__ == "__main__":
    letters.tell(main())
