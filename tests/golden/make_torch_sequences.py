"""Writes torch_sequences.json: recurrent, attention and transformer layers by PyTorch, in float64.

    pip install torch
    python tests/golden/make_torch_sequences.py

Each layer starts from weights that are fixed waves, named as PyTorch names them, and takes three
steps of gradient descent.  Results, gradients, losses and the weights afterwards are written down.
"""

import json
from pathlib import Path

import numpy as np
from waves import wave

HERE = Path(__file__).resolve().parent
STEPS, RATE = 3, 0.2


def start_weights(shapes):
    """A wave for each named shape; weights of normalization (1-d "norm….weight") near 1."""
    return {
        name: 0.6 * wave(*shape, start=float(i)) + ("norm" in name and name.endswith("weight"))
        for i, (name, shape) in enumerate(sorted(shapes.items()))
    }


X = wave(4, 2, 3, start=0.5)  # (time, batch, features)
TALL = wave(2, 5, 4, start=0.5)  # (batch, time, features)
CAUSAL = np.triu(np.ones((5, 5), bool), 1)
PADDING = np.array([[False] * 5, [False, False, False, True, True]])
BIAS = wave(5, 5, start=2.0)
KEY_BIAS = wave(2, 5, start=6.0)

# name, class, arguments, inputs, and keyword inputs
RECURRENT = [
    (f"{kind} {name}", kind, options, x, states)
    for kind in ("RNN", "LSTM", "GRU")
    for name, options, x, states in [
        ("plain", {}, X, False),
        ("deep", {"num_layers": 2}, X, True),
        ("both ways", {"bidirectional": True, "num_layers": 2}, X, True),
        ("batch first", {"batch_first": True}, X.transpose(1, 0, 2), True),
        ("no bias", {"bias": False}, X, False),
        ("no batch", {}, X[:, 0], True),
    ]
] + [("RNN relu", "RNN", {"nonlinearity": "relu"}, X, True)]

# name, class, options, the input of one step, and whether states are given
CELLS = [
    (f"{kind} {name}", kind, options, x, states)
    for kind in ("RNNCell", "LSTMCell", "GRUCell")
    for name, options, x, states in [
        ("plain", {}, X[0], False),
        ("states", {}, X[0], True),
        ("no bias", {"bias": False}, X[0], True),
        ("no batch", {}, X[0, 0], True),
        ("no batch, no states", {}, X[0, 0], False),
    ]
] + [("RNNCell relu", "RNNCell", {"nonlinearity": "relu"}, X[0], True)]

ATTENTION = [
    ("plain", {}, ("q",), {}),
    ("causal", {}, ("q",), {"attn_mask": CAUSAL}),
    ("padding", {}, ("q",), {"key_padding_mask": PADDING}),
    ("both masks", {}, ("q",), {"attn_mask": CAUSAL, "key_padding_mask": PADDING}),
    ("float mask", {}, ("q",), {"attn_mask": BIAS}),
    ("float padding", {}, ("q",), {"key_padding_mask": KEY_BIAS}),
    ("both float masks", {}, ("q",), {"attn_mask": BIAS, "key_padding_mask": KEY_BIAS}),
    ("both float masks, each head's", {}, ("q",),
     {"attn_mask": wave(4, 5, 5, start=7.0), "key_padding_mask": KEY_BIAS}),
    ("mask of each head", {}, ("q",),
     {"attn_mask": np.stack([CAUSAL, CAUSAL, CAUSAL.T, CAUSAL.T])}),
    ("no bias", {"bias": False}, ("q",), {}),
    ("cross", {}, ("q", "k", "v"), {"key_padding_mask": PADDING[:, :4]}),
    ("weights of each head", {}, ("q",), {"average_attn_weights": False}),
    ("time first", {"batch_first": False}, ("q",), {}),
    ("no batch", {}, ("row",), {"attn_mask": CAUSAL}),
]  # fmt: skip

ATTENTION_INPUTS = {
    "q": TALL,
    "k": wave(2, 4, 4, start=1.0),
    "v": wave(2, 4, 4, start=3.0),
    "row": TALL[0],
}

BLOCKS = [
    ("pre-norm, gelu", {"norm_first": True, "activation": "gelu"}, {}),
    ("post-norm, relu", {"norm_first": False, "activation": "relu"}, {}),
    ("pre-norm, causal", {"norm_first": True, "activation": "gelu"}, {"causal": True}),
    ("pre-norm, padding", {"norm_first": True, "activation": "relu"}, {"padding": True}),
    ("no bias", {"norm_first": True, "activation": "gelu", "bias": False}, {}),
]

# name, options of the layers, whether there is a norm at the end, input, and keyword inputs
ENCODERS = [
    ("time first, mask", {}, False, TALL.transpose(1, 0, 2), {"mask": CAUSAL}),
    ("batch first, norm, padding", {"batch_first": True, "norm_first": True}, True, TALL,
     {"src_key_padding_mask": PADDING}),
    ("no batch, gelu", {"activation": "gelu"}, True, TALL[0], {}),
]  # fmt: skip


def encoder_of(nn, options, norm):
    """Two layers, of PyTorch's nn or of ours."""
    layer = nn.TransformerEncoderLayer(4, 2, dim_feedforward=6, dropout=0.0, **options)
    return nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(4) if norm else None)


# name, options of the plain function, and how many queries and keys there are
CORE = [
    ("plain", {}, 5, 5),
    ("causal", {"is_causal": True}, 5, 5),
    ("causal, more keys", {"is_causal": True}, 3, 5),
    ("causal, more queries", {"is_causal": True}, 5, 3),
    ("scale", {"scale": 0.3}, 5, 5),
    ("bool mask", {"attn_mask": ~CAUSAL}, 5, 5),
    ("nothing allowed", {"attn_mask": np.array([[True] * 5] * 4 + [[False] * 5])}, 5, 5),
    ("float mask", {"attn_mask": BIAS}, 5, 5),
]


def core_inputs(queries, keys):
    """Query, key and value of the plain function, (batch, heads, time, width)."""
    lengths = ((queries, 0.0), (keys, 1.0), (keys, 2.0))
    return [wave(2, 2, n, 3, start=start) for n, start in lengths]


def rounded(x):
    """Numbers, however nested, to 12 decimals: more than the tests ask for."""
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    if isinstance(x, list):
        return [rounded(v) for v in x]
    return round(x, 12)


def state_shape(kind, options, batched):
    """The shape of h0 and c0 for hidden_size 2 and a batch of 2."""
    count = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    return (count, 2, 2) if batched else (count, 2)


def cell_inputs(kind, x, states):
    """The input of a cell, and its states for hidden_size 2, if it is given any."""
    count = 1 + (kind == "LSTMCell") if states else 0
    return [x, *(wave(*x.shape[:-1], 2, start=1.0 + i) for i in range(count))]


def step_of(cell, x, *states):
    """What a cell makes of an input and its states, as a list."""
    y = cell(x, *([tuple(states)] if len(states) == 2 else states))
    return list(y) if isinstance(y, tuple) else [y]


def main():
    """Run every case by PyTorch."""
    import torch

    torch.set_default_dtype(torch.float64)

    def tensor(x):
        return torch.tensor(x) if isinstance(x, np.ndarray) else x

    def train(module, inputs, call):
        """Results, first gradients, losses, weights afterwards."""
        state = module.state_dict()
        weights = start_weights({k: tuple(v.shape) for k, v in state.items()})
        module.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
        record = {"shapes": {k: list(v.shape) for k, v in state.items()}, "losses": []}
        for step in range(STEPS + 1):
            module.zero_grad()
            leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
            results = call(module, *leaves)
            loss = sum(((r - torch.tensor(wave(*r.shape, start=4.0))) ** 2).mean() for r in results)
            record["losses"].append(loss.item())
            loss.backward()
            if step == 0:
                record["results"] = [r.tolist() for r in results]
                record["inputs"] = [x.grad.tolist() for x in leaves]
                record["grads"] = {k: p.grad.tolist() for k, p in module.named_parameters()}
            with torch.no_grad():
                for p in module.parameters():
                    p -= RATE * p.grad
        record["weights"] = {k: v.tolist() for k, v in module.state_dict().items()}
        return record

    found = {"recurrent": {}, "cells": {}, "attention": {}, "block": {}, "encoder": {}, "core": {}}
    for name, kind, options, x, states in RECURRENT:
        module = getattr(torch.nn, kind)(3, 2, **options)
        shape = state_shape(kind, options, x.ndim == 3)
        inputs = [x]
        if states:
            inputs += [wave(*shape, start=1.0)] + ([wave(*shape, start=2.0)] * (kind == "LSTM"))

        def call(module, x, *states, kind=kind):
            y, last = module(x, *([tuple(states)] if kind == "LSTM" and states else states))
            return [y, *last] if kind == "LSTM" else [y, last]

        found["recurrent"][name] = train(module, inputs, call)
    for name, kind, options, x, states in CELLS:
        cell = getattr(torch.nn, kind)(3, 2, **options)
        found["cells"][name] = train(cell, cell_inputs(kind, x, states), step_of)
    for name, options, inputs, keywords in ATTENTION:
        module = torch.nn.MultiheadAttention(4, 2, **{"batch_first": True, **options})
        keywords = {k: tensor(v) for k, v in keywords.items()}
        found["attention"][name] = train(
            module,
            [ATTENTION_INPUTS[i] for i in inputs],
            lambda m, *x, k=keywords: m(*(x if len(x) == 3 else x * 3), **k),
        )
    for name, options, keywords in BLOCKS:
        module = torch.nn.TransformerEncoderLayer(
            4, 2, dim_feedforward=6, dropout=0.0, batch_first=True, **options
        )
        masks = {}
        if keywords.get("causal"):
            masks["src_mask"] = torch.tensor(CAUSAL)
        if keywords.get("padding"):
            masks["src_key_padding_mask"] = torch.tensor(PADDING)
        found["block"][name] = train(module, [TALL], lambda m, x, k=masks: [m(x, **k)])
    for name, options, norm, x, keywords in ENCODERS:
        keywords = {k: tensor(v) for k, v in keywords.items()}
        found["encoder"][name] = train(
            encoder_of(torch.nn, options, norm), [x], lambda m, x, k=keywords: [m(x, **k)]
        )
    for name, options, *lengths in CORE:
        leaves = [torch.tensor(x, requires_grad=True) for x in core_inputs(*lengths)]
        options = {k: tensor(v) for k, v in options.items()}
        y = torch.nn.functional.scaled_dot_product_attention(*leaves, **options)
        (y * torch.tensor(wave(*y.shape, start=3.0))).sum().backward()
        found["core"][name] = {"y": y.tolist(), "grads": [x.grad.tolist() for x in leaves]}
    lines = []
    for group, cases in found.items():
        rows = ",\n".join(f"{json.dumps(k)}: {json.dumps(rounded(v))}" for k, v in cases.items())
        lines.append(f"{json.dumps(group)}: {{\n{rows}\n}}")
    (HERE / "torch_sequences.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
