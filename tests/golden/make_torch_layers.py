"""Writes torch_layers.json: what PyTorch makes of each layer, trained for three steps, in float64.

    pip install torch
    python tests/golden/make_torch_layers.py

Each layer starts from the same fixed weights.  A step is a forward pass on fixed numbers, the
gradient of the results' weighted sum, and p ← p - 0.1 · gradient.  Noted are the first result and
its gradients, the whole state after three steps, and the result in eval mode then.
tests/nn/layer_cases.py runs the same cases (`CASES`) here, without PyTorch.
"""

import json
from pathlib import Path

import numpy as np
from waves import wave

HERE = Path(__file__).resolve().parent
STEPS = 3


def images(*shape):
    """The input of each step."""
    return [2 * wave(*shape, start=k) for k in range(STEPS)]


def tokens(*steps):
    """The input of each step, for an embedding."""
    return [np.array(step) for step in steps]


# name, class, arguments, options, and the input of each step
CASES = [
    ("conv2d", "Conv2d", (2, 3, 3), {}, images(2, 2, 4, 5)),
    ("conv2d, stride, padding", "Conv2d", (2, 3, (3, 2)), {"stride": (2, 1), "padding": (1, 0)},
     images(2, 2, 5, 4)),
    ("conv2d, dilation", "Conv2d", (1, 2, (2, 3)), {"dilation": (3, 2), "padding": 1},
     images(2, 1, 5, 6)),
    ("conv2d, groups, no bias", "Conv2d", (4, 6, 2), {"groups": 2, "bias": False},
     images(2, 4, 3, 3)),
    ("conv2d, depthwise", "Conv2d", (3, 6, 2), {"groups": 3, "stride": 2}, images(2, 3, 4, 4)),
    ("conv2d, same, odd", "Conv2d", (1, 2, (4, 3)), {"padding": "same", "dilation": (1, 2)},
     images(2, 1, 5, 5)),
    ("conv2d, valid", "Conv2d", (1, 2, 2), {"padding": "valid"}, images(1, 1, 3, 3)),
    ("conv2d, 1 by 1", "Conv2d", (3, 5, 1), {}, images(2, 3, 2, 2)),
    ("conv2d, one image", "Conv2d", (2, 3, 2), {}, images(2, 3, 4)),
    ("conv1d", "Conv1d", (3, 4, 3), {}, images(2, 3, 6)),
    ("conv1d, everything", "Conv1d", (4, 6, 2),
     {"stride": 2, "padding": 2, "dilation": 3, "groups": 2}, images(2, 4, 7)),
    ("conv1d, same", "Conv1d", (2, 3, 4), {"padding": "same"}, images(2, 2, 5)),
    ("conv1d, one sequence", "Conv1d", (2, 3, 2), {}, images(2, 5)),
    ("conv_transpose2d", "ConvTranspose2d", (2, 3, 3), {}, images(2, 2, 3, 4)),
    ("conv_transpose2d, everything", "ConvTranspose2d", (4, 6, (3, 2)),
     {"stride": (2, 3), "padding": (1, 2), "output_padding": (1, 2), "groups": 2,
      "dilation": (1, 3)}, images(2, 4, 3, 3)),
    ("conv_transpose2d, no bias", "ConvTranspose2d", (2, 1, 4),
     {"stride": 2, "padding": 1, "bias": False}, images(1, 2, 3, 2)),
    ("conv_transpose2d, 1 by 1", "ConvTranspose2d", (3, 2, 1), {}, images(1, 3, 2, 2)),
    ("conv_transpose2d, one image", "ConvTranspose2d", (2, 3, 2), {"stride": 2},
     images(2, 2, 3)),
    ("conv_transpose1d", "ConvTranspose1d", (3, 4, 3), {}, images(2, 3, 4)),
    ("conv_transpose1d, everything", "ConvTranspose1d", (4, 2, 3),
     {"stride": 3, "padding": 2, "output_padding": 1, "groups": 2, "dilation": 2},
     images(2, 4, 4)),
    ("max_pool2d", "MaxPool2d", (2,), {}, images(2, 2, 5, 4)),
    ("max_pool2d, overlapping", "MaxPool2d", ((3, 2),), {"stride": (1, 2), "padding": 1},
     images(2, 2, 4, 5)),
    ("max_pool2d, dilation", "MaxPool2d", (2,), {"stride": 1, "dilation": (2, 3)},
     images(1, 2, 5, 6)),
    ("max_pool2d, ceil", "MaxPool2d", (2,), {"ceil_mode": True}, images(1, 2, 5, 7)),
    ("max_pool2d, ceil, padding", "MaxPool2d", (3,),
     {"stride": 2, "padding": 1, "ceil_mode": True}, images(1, 1, 6, 7)),
    ("max_pool2d, ties", "MaxPool2d", (2,), {"stride": 1},
     [np.maximum(np.round(x), 0) for x in images(2, 1, 4, 4)]),
    ("max_pool2d, one image", "MaxPool2d", (2,), {}, images(2, 4, 4)),
    ("max_pool1d", "MaxPool1d", (3,), {"stride": 2, "padding": 1}, images(2, 2, 7)),
    ("avg_pool2d", "AvgPool2d", (2,), {}, images(2, 2, 5, 4)),
    ("avg_pool2d, padding", "AvgPool2d", (3,), {"stride": 2, "padding": 1}, images(1, 2, 5, 6)),
    ("avg_pool2d, without pad", "AvgPool2d", ((3, 2),),
     {"stride": 1, "padding": 1, "count_include_pad": False}, images(1, 2, 4, 5)),
    ("avg_pool2d, ceil", "AvgPool2d", (3,), {"stride": 2, "padding": 1, "ceil_mode": True},
     images(1, 1, 6, 7)),
    ("avg_pool2d, ceil, without pad", "AvgPool2d", (2,),
     {"stride": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False},
     images(1, 1, 6, 8)),
    ("avg_pool2d, divisor", "AvgPool2d", (2,), {"divisor_override": 3}, images(1, 1, 4, 4)),
    ("avg_pool1d", "AvgPool1d", (3,), {"stride": 2, "padding": 1}, images(2, 2, 7)),
    ("adaptive_avg_pool2d", "AdaptiveAvgPool2d", ((2, 3),), {}, images(2, 2, 4, 6)),
    ("adaptive_avg_pool2d, uneven", "AdaptiveAvgPool2d", ((3, 4),), {}, images(1, 2, 5, 7)),
    ("adaptive_avg_pool2d, one", "AdaptiveAvgPool2d", (1,), {}, images(2, 2, 3, 5)),
    ("adaptive_avg_pool2d, keep", "AdaptiveAvgPool2d", ((None, 2),), {}, images(2, 3, 5)),
    ("adaptive_avg_pool2d, more", "AdaptiveAvgPool2d", ((5, 4),), {}, images(1, 1, 3, 4)),
    ("batch_norm1d", "BatchNorm1d", (3,), {}, images(4, 3)),
    ("batch_norm1d, length", "BatchNorm1d", (3,), {"eps": 0.1, "momentum": 0.3},
     images(2, 3, 4)),
    ("batch_norm1d, plain", "BatchNorm1d", (2,), {"affine": False}, images(3, 2)),
    ("batch_norm1d, no statistics", "BatchNorm1d", (2,), {"track_running_stats": False},
     images(3, 2)),
    ("batch_norm1d, mean of all", "BatchNorm1d", (2,), {"momentum": None}, images(3, 2)),
    ("batch_norm2d", "BatchNorm2d", (3,), {}, images(2, 3, 2, 3)),
    ("layer_norm", "LayerNorm", (4,), {}, images(2, 3, 4)),
    ("layer_norm, two axes", "LayerNorm", ((3, 4),), {"eps": 0.1}, images(2, 3, 4)),
    ("layer_norm, plain", "LayerNorm", (4,), {"elementwise_affine": False}, images(3, 4)),
    ("layer_norm, no bias", "LayerNorm", (4,), {"bias": False}, images(3, 4)),
    ("layer_norm, constant row", "LayerNorm", (3,), {},
     [np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 4.0]])] * STEPS),
    ("rms_norm", "RMSNorm", (4,), {}, images(2, 3, 4)),
    ("rms_norm, eps", "RMSNorm", ((3, 4),), {"eps": 0.1}, images(2, 3, 4)),
    ("rms_norm, plain", "RMSNorm", (4,), {"elementwise_affine": False}, images(3, 4)),
    ("group_norm", "GroupNorm", (2, 4), {}, images(2, 4, 2, 3)),
    ("group_norm, no space", "GroupNorm", (2, 6), {"eps": 0.1}, images(2, 6)),
    ("group_norm, plain", "GroupNorm", (3, 3), {"affine": False}, images(2, 3, 4)),
    ("instance_norm1d", "InstanceNorm1d", (3,), {}, images(2, 3, 4)),
    ("instance_norm1d, affine", "InstanceNorm1d", (3,), {"eps": 0.1, "affine": True},
     images(2, 3, 4)),
    ("instance_norm1d, one sequence", "InstanceNorm1d", (3,), {"affine": True}, images(3, 5)),
    ("instance_norm2d", "InstanceNorm2d", (2,), {"affine": True}, images(2, 2, 3, 2)),
    ("instance_norm2d, one image", "InstanceNorm2d", (2,), {}, images(2, 3, 2)),
    ("upsample", "Upsample", (), {"scale_factor": 2}, images(1, 2, 3, 2)),
    ("upsample, each axis", "Upsample", (), {"scale_factor": (0.5, 1.5)}, images(1, 2, 5, 3)),
    ("upsample, size", "Upsample", ((5, 2),), {}, images(1, 2, 3, 3)),
    ("upsample, sequences", "Upsample", (), {"scale_factor": 3.0}, images(2, 2, 3)),
    ("unflatten", "Unflatten", (1, (2, 3)), {}, images(2, 6)),
    ("unflatten, from the end", "Unflatten", (-2, (2, -1)), {}, images(2, 4, 3)),
    ("embedding", "Embedding", (5, 3), {}, tokens([[0, 3], [3, 1]], [[4, 4], [4, 0]], [[2, 1]])),
    ("embedding, padding", "Embedding", (5, 3), {"padding_idx": 1},
     tokens([[0, 1], [1, 2]], [[1, 1]], [[4, 1]])),
    ("embedding, padding from the end", "Embedding", (5, 3), {"padding_idx": -1},
     tokens([0, 4], [4, 4], [3, 2])),
    ("dropout of nothing", "Dropout", (0.0,), {}, images(3, 2)),
    ("dropout of everything", "Dropout", (1.0,), {}, images(3, 2)),
    ("dropout2d of nothing", "Dropout2d", (0.0,), {}, images(2, 2, 1, 3)),
    ("dropout2d of everything", "Dropout2d", (1.0,), {}, images(2, 2, 1, 3)),
]  # fmt: skip


def weights(state):
    """Fixed numbers for every parameter, by name; buffers keep theirs."""
    names = [name for name in state if name in ("weight", "bias")]
    return {name: wave(*state[name].shape, start=5.0 + i) for i, name in enumerate(names)}


def main():
    """Train each layer by PyTorch."""
    import torch

    torch.set_default_dtype(torch.float64)
    found = {}
    for name, kind, args, options, inputs in CASES:
        layer = getattr(torch.nn, kind)(*args, **options)
        start = {k: torch.tensor(v) for k, v in weights(layer.state_dict()).items()}
        layer.load_state_dict({**layer.state_dict(), **start})
        noted = {}
        for step, numbers in enumerate(inputs):
            x = torch.tensor(numbers)
            x.requires_grad_(x.is_floating_point())
            layer.zero_grad()
            y = layer(x)
            if y.requires_grad:
                (y * torch.tensor(wave(*y.shape, start=3.0))).sum().backward()
            if step == 0:
                noted["output"] = y.tolist()
                noted["input_grad"] = None if x.grad is None else x.grad.tolist()
                noted["grads"] = {k: p.grad.tolist() for k, p in layer.named_parameters()}
            with torch.no_grad():
                for p in layer.parameters():
                    p -= 0.1 * p.grad
        noted["state"] = {k: v.tolist() for k, v in layer.state_dict().items()}
        noted["eval"] = layer.eval()(torch.tensor(inputs[0])).tolist()
        found[name] = noted
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    (HERE / "torch_layers.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
