"""Wrong answers to the exercises of notebook 17, and what the hint has to say."""


# %% check_dropout | divided what stays by 1 − p
def dropout_backward(g, keep, p):
    return g * keep


# %% check_dropout | Where is keep?
def dropout_backward(g, keep, p):
    return g / (1 - p)


# %% check_dropout | so does backward
def dropout_backward(g, keep, p):
    return g * keep * (1 - p)


# %% check_dropout | probability of being left out
def dropout_backward(g, keep, p):
    return g * keep / p


# %% check_dropout | True where a number stayed
def dropout_backward(g, keep, p):
    return g * ~keep / (1 - p)


# %% check_dropout | only where the number passed
def dropout_backward(g, keep, p):
    return g


# %% check_dropout | make a new array
def dropout_backward(g, keep, p):
    g[~keep] = 0
    return g / (1 - p)


# %% check_dropout | by that constant
def dropout_backward(g, keep, p):
    return g * keep + 1


# %% check_layer_norm | That is batch norm
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(0) + eps) ** -0.5
    normal = (x - x.mean(0)) * scale
    h = g * gain
    return scale * (h - h.mean(0) - normal * (h * normal).mean(0)), (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | The gain is missing
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    common = (g * normal).mean(-1, keepdims=True)
    dx = scale * (g - g.mean(-1, keepdims=True) - normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | at the end
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    common = (g * normal).mean(-1, keepdims=True)
    dx = gain * scale * (g - g.mean(-1, keepdims=True) - normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | the straight way alone
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    return scale * g * gain, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | through the deviation is missing
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    return scale * (h - h.mean(-1, keepdims=True)), (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | through the mean is missing
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    dx = scale * (h - normal * (h * normal).mean(-1, keepdims=True))
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | of one example
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    dx = scale * (h - h.mean(0) - normal * (h * normal).mean(0))
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | The factor 1 / deviation
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    dx = h - h.mean(-1, keepdims=True) - normal * (h * normal).mean(-1, keepdims=True)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | don't divide by it
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** 0.5
    normal = (x - x.mean(-1, keepdims=True)) / scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    return scale * (h - h.mean(-1, keepdims=True) - normal * common), (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | sums where means belong
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).sum(-1, keepdims=True)
    return scale * (h - h.sum(-1, keepdims=True) - normal * common), (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | take the boxed line
def layer_norm_backward(x, gain, g, eps=1e-5):
    return g + x, g.sum(0), g.sum(0)


# %% check_layer_norm | Return 3 gradients
def layer_norm_backward(x, gain, g, eps=1e-5):
    return g


# %% check_layer_norm | A gradient has the shape
def layer_norm_backward(x, gain, g, eps=1e-5):
    return g, g, g


# %% check_layer_norm | not with x
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    return scale * (h - h.mean(-1, keepdims=True) - normal * common), (g * x).sum(0), g.sum(0)


# %% check_layer_norm | the gain itself is not in it
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    return scale * (h - h.mean(-1, keepdims=True) - normal * common), (h * normal).sum(0), g.sum(0)


# %% check_layer_norm | gain: it was used in every row
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    return scale * (h - h.mean(-1, keepdims=True) - normal * common), (g * normal).mean(0), g.sum(0)


# %% check_layer_norm | bias: it was used in every row
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    return scale * (h - h.mean(-1, keepdims=True) - normal * common), (g * normal).sum(0), g.mean(0)


# %% check_block | relu is missing
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | straight through the normalization
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    return (scale * g * gain).T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | not normal
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | that of w is (3, 4)
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return x.T @ dh, (g * normal).sum(0), g.sum(0)


# %% check_block | w: the gain is missing
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    dh = scale * (g - g.mean(0) - normal * (g * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_dropout | That is the slope of y
def dropout_backward(g, keep, p):
    return keep / (1 - p)


# %% check_layer_norm | leave ddof at 0
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True, ddof=1) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    dx = scale * (h - h.mean(-1, keepdims=True) - normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | has eps added to it
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = x.var(-1, keepdims=True) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    dx = scale * (h - h.mean(-1, keepdims=True) - normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | one mean of the whole array
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean()
    dx = scale * (h - h.mean() - normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | two minus signs
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    dx = scale * (h - h.mean(-1, keepdims=True) + normal * common)
    return dx, (g * normal).sum(0), g.sum(0)


# %% check_layer_norm | changed places
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    dx = scale * (h - h.mean(-1, keepdims=True) - normal * common)
    return dx, g.sum(0), (g * normal).sum(0)


# %% check_layer_norm | changed g itself
def layer_norm_backward(x, gain, g, eps=1e-5):
    scale = (x.var(-1, keepdims=True) + eps) ** -0.5
    normal = (x - x.mean(-1, keepdims=True)) * scale
    h = g * gain
    common = (h * normal).mean(-1, keepdims=True)
    dx = scale * (h - h.mean(-1, keepdims=True) - normal * common)
    g *= normal
    return dx, g.sum(0), g.sum(0)


# %% check_layer_norm | without the engine's backward
def layer_norm_backward(x, gain, g, eps=1e-5):
    x, gain = Tensor(x, requires_grad=True), Tensor(gain, requires_grad=True)
    bias = Tensor(np.zeros(gain.shape), requires_grad=True)
    nn.functional.layer_norm(x, gain.shape, gain, bias, eps).backward(g)
    return x.grad, gain.grad, bias.grad


# %% check_block | changed g itself
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g *= normal * gain + bias > 0
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | not whether g is
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (g > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | above 0, not h
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (h > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | bias: it was used in every row
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).mean(0), g.mean(0)


# %% check_block | with normal, not with h
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * h).sum(0), g.sum(0)


# %% check_block | gain: its g has to pass relu
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    passed = g * (normal * gain + bias > 0)
    part = passed * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), passed.sum(0)


# %% check_block | the gain itself is not in its gradient
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (part * normal).sum(0), g.sum(0)


# %% check_block | the way through the deviation is missing
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | the way through the mean is missing
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | the gradient of h, transposed
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (part - part.sum(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | axis 0
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    g = g * (normal * gain + bias > 0)
    part = g * gain
    dh = scale * (
        part - part.mean(1, keepdims=True) - normal * (part * normal).mean(1, keepdims=True)
    )
    return dh.T @ x, (g * normal).sum(0), g.sum(0)


# %% check_block | w: its g has to pass relu
def block_backward(x, w, gain, bias, g, eps=1e-5):
    h = x @ w.T
    scale = (h.var(0) + eps) ** -0.5
    normal = (h - h.mean(0)) * scale
    upstream, g = g, g * (normal * gain + bias > 0)
    part = upstream * gain
    dh = scale * (part - part.mean(0) - normal * (part * normal).mean(0))
    return dh.T @ x, (g * normal).sum(0), g.sum(0)
