"""What nn computes, once more, from the formulas: plain NumPy, loops where a formula has a sum.

Nothing here is fast, and nothing of engine or nn is imported: that is what makes it an oracle.
"""

import math

import numpy as np

# --- activations ---

ACTIVATIONS = {
    "Identity": lambda x: x,
    "ReLU": lambda x: np.maximum(x, 0.0),
    "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "ELU": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "SiLU": lambda x: x / (1 + np.exp(-x)),
    "GELU": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "Tanh": lambda x: (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softplus": lambda x: np.log(1 + np.exp(x)),
    "Softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
    "LogSoftmax": lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True)),
    "LogSigmoid": lambda x: -np.log(1 + np.exp(-x)),
}

# --- layers ---


def linear(x, weight, bias=0.0):
    """Each output is the products of one row of the weight with the inputs, added up."""
    return np.stack([(x * row).sum(-1) for row in weight], -1) + bias


def windows(x, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), fill=0.0):
    """The pieces of an image (channels, height, width) under a sliding kernel, in rows."""
    pads = ((0, 0), *((p, p) for p in padding))
    x = np.pad(x, pads, constant_values=fill)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return [
        [
            x[:, i : i + reach[0] + 1 : dilation[0], j : j + reach[1] + 1 : dilation[1]]
            for j in range(0, x.shape[2] - reach[1], stride[1])
        ]
        for i in range(0, x.shape[1] - reach[0], stride[0])
    ]


def conv2d(x, weight, bias, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Each number is the sum of a window times a filter; a filter sees its group's channels."""
    per_group, channels = len(weight) // groups, weight.shape[1]
    result = []
    for image in x:
        maps = []
        for i, kernel in enumerate(weight):
            first = i // per_group * channels
            seen = image[first : first + channels]
            rows = windows(seen, kernel.shape[1:], stride, padding, dilation)
            maps.append([[(w * kernel).sum() + bias[i] for w in row] for row in rows])
        result.append(maps)
    return np.array(result)


def conv1d(x, weight, bias):
    """An image one row high; every other place, dilated by 2, a zero at either end."""
    return conv2d(x[:, :, None], weight[:, :, None], bias, (1, 2), (0, 1), (1, 2))[:, :, 0]


def conv_transpose2d(x, weight, bias, stride, padding, groups):
    """Each number spreads the filters of its channel; what overlaps is added, the rim cut off."""
    n, channels, rows, columns = x.shape
    per_group, kh, kw = weight.shape[1:]
    full = (stride[0] * (rows - 1) + kh, stride[1] * (columns - 1) + kw)
    y = np.zeros((n, per_group * groups, *full))
    for c in range(channels):
        first = c // (channels // groups) * per_group
        for i in range(rows):
            for j in range(columns):
                top, left = i * stride[0], j * stride[1]
                spread = x[:, c, i, j][:, None, None, None] * weight[c]
                y[:, first : first + per_group, top : top + kh, left : left + kw] += spread
    (p, q), (h, w) = padding, full
    return y[:, :, p : h - p, q : w - q] + bias[:, None, None]


def pool2d(x, best, kernel, stride, padding=(0, 0)):
    """`best` (a maximum or a mean) of each window of each channel."""
    fill = -np.inf if best is np.max else 0.0
    result = []
    for image in x:
        maps = []
        for channel in image:
            rows = windows(channel[None], kernel, stride, padding, fill=fill)
            maps.append([[best(w) for w in row] for row in rows])
        result.append(maps)
    return np.array(result)


def pool1d(x, best, kernel, stride):
    """An image one row high."""
    return pool2d(x[:, :, None], best, (1, kernel), (1, stride))[:, :, 0]


def adaptive_avg_pool2d(x, size):
    """Means of rectangles that cover the image, `size` of them each way."""
    rows, columns = (
        [(math.floor(i * n / out), math.ceil((i + 1) * n / out)) for i in range(out)]
        for n, out in zip(x.shape[2:], size, strict=True)
    )
    return np.stack(
        [
            np.stack([x[:, :, top:bottom, left:right].mean((2, 3)) for left, right in columns], -1)
            for top, bottom in rows
        ],
        -2,
    )


def standardized(x, axes, eps=1e-5):
    """Less the mean, divided by the root of the variance."""
    centered = x - x.mean(axes, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axes, keepdims=True) + eps)


def instance_norm(x, eps=1e-5):
    """Each channel of each sample standardized."""
    return standardized(x, tuple(range(2, x.ndim)), eps)


def group_norm(x, groups, weight, bias):
    """The channels of a group standardized together, then weighted channel by channel."""
    y = standardized(x.reshape((len(x), groups, -1)), (2,)).reshape(x.shape)
    shape = (-1, *[1] * (x.ndim - 2))
    return y * weight.reshape(shape) + bias.reshape(shape)


def rms_norm(x, weight, eps):
    """Divided by the root of the mean square."""
    return weight * x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)


def cosine_similarity(x, y):
    """The product of two vectors over the product of their lengths, row by row."""
    return (x * y).sum(1) / np.sqrt((x**2).sum(1) * (y**2).sum(1))


def attention(q, k, v, hidden=None):
    """Each query's mean of the values, weighted by a softmax of its products with the keys."""
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if hidden is not None:
        scores = np.where(hidden, -np.inf, scores)
    return ACTIVATIONS["Softmax"](scores) @ v


def mlp(x, *parameters, activation=ACTIVATIONS["ReLU"]):
    """Linear maps, weight and bias in turn, with an activation between them."""
    maps = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weight, bias in maps[:-1]:
        x = activation(linear(x, weight, bias))
    return linear(x, *maps[-1])


# --- losses that PyTorch has not, or not so ---


def hinge(x, target, margin=1.0):
    """How far a score falls short of the margin on its side."""
    return np.maximum(margin - target * x, 0.0).mean()


def log_cosh(x, target):
    """log cosh of the error: half its square near 0, its size far out."""
    return np.log(np.cosh(x - target)).mean()


# --- optimizers: the next numbers, from these, the gradient, what is remembered, and the step ---


def sgd(p, g, memory, t, lr, momentum, dampening, weight_decay):
    """Momentum is an average of gradients; the first is taken whole."""
    g = g + weight_decay * p
    memory["b"] = g if t == 1 else momentum * memory["b"] + (1 - dampening) * g
    return p - lr * memory["b"]


def rmsprop(p, g, memory, t, lr, alpha, eps):
    """Divided by the root of a running mean of squares."""
    memory["v"] = alpha * memory.get("v", 0.0) + (1 - alpha) * g**2
    return p - lr * g / (np.sqrt(memory["v"]) + eps)


def adagrad(p, g, memory, t, lr, lr_decay, eps):
    """Divided by the root of the sum of all squares."""
    memory["s"] = memory.get("s", 0.0) + g**2
    return p - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(memory["s"]) + eps)


def adam(p, g, memory, t, lr, betas, eps):
    """Running means of the gradient and its square, each divided by what it lacks at first."""
    memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g**2
    m, v = memory["m"] / (1 - betas[0] ** t), memory["v"] / (1 - betas[1] ** t)
    return p - lr * m / (np.sqrt(v) + eps)


def adamw(p, g, memory, t, lr, betas, eps, weight_decay):
    """Adam, from numbers that shrink by themselves."""
    return adam(p - lr * weight_decay * p, g, memory, t, lr, betas, eps)


def nadam(p, g, memory, t, lr, betas, eps, momentum_decay):
    """Adam, with the momentum of the next step, which grows from half to all of beta 1."""
    memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g**2
    momenta = betas[0] * (1 - 0.5 * 0.96 ** (np.arange(1, t + 2) * momentum_decay))
    ahead = momenta[-1] * memory["m"] / (1 - momenta.prod())
    now = (1 - momenta[-2]) * g / (1 - momenta[:-1].prod())
    return p - lr * (ahead + now) / (np.sqrt(memory["v"] / (1 - betas[1] ** t)) + eps)


def radam(p, g, memory, t, lr, betas, eps):
    """Adam, times the rectification of its variance; the mean alone where there is none."""
    memory["m"] = betas[0] * memory.get("m", 0.0) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0.0) + (1 - betas[1]) * g**2
    m, most = memory["m"] / (1 - betas[0] ** t), 2 / (1 - betas[1]) - 1
    length = most - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    if length <= 5:
        return p - lr * m
    r = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
    return p - lr * np.sqrt(r * (1 - betas[1] ** t)) * m / (np.sqrt(memory["v"]) + eps)


def bfgs(p, slope, lr, iterations):
    """Steps against H g; H is made anew each time, of the last curvature, from all steps."""
    pairs = []
    for _ in range(iterations):
        g = slope(p)
        last_s, last_y = pairs[-1] if pairs else (g, g)
        H = np.eye(p.size) * (last_s @ last_y) / (last_y @ last_y)
        for s, y in pairs:
            V = np.eye(p.size) - np.outer(y, s) / (y @ s)
            H = V.T @ H @ V + np.outer(s, s) / (y @ s)
        step = -lr * H @ g * (1 if pairs else min(1, 1 / np.abs(g).sum()))
        p = p + step
        pairs.append((step, slope(p) - g))
    return p


def lion(p, g, memory, t, lr, betas, weight_decay):
    """The sign of one running mean; another is kept."""
    m = memory.get("m", 0.0)
    step = np.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * p
    memory["m"] = betas[1] * m + (1 - betas[1]) * g
    return p - lr * step


def sign_sgd(p, g, memory, t, lr):
    """Down by lr, whatever the slope's size."""
    return p - lr * np.sign(g)


# --- schedules: the factor of the rate after t steps ---


def cosine(t, steps):
    """From 1 to 0 along half a cosine."""
    return (1 + math.cos(math.pi * t / steps)) / 2


def one_cycle(t, steps, peak, start, end):
    """Up along half a cosine in the first three tenths, down along another to the last step."""
    turn = 0.3 * steps - 1
    if t <= turn:
        return peak + (start - peak) * cosine(t, turn)
    return end + (peak - end) * cosine(t - turn, steps - 1 - turn)
