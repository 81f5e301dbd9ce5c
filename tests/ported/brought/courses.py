"""DeZero's steps and CS231n's assignments: gradients by hand beside those of the engine."""

import math

from ported.brought.tutorials import start


def rosenbrock_by_descent(torch):
    x0 = torch.tensor(0.0, requires_grad=True)
    x1 = torch.tensor(2.0, requires_grad=True)
    lr = 0.001
    for _ in range(200):
        y = 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2
        if x0.grad is not None:
            x0.grad.zero_()
            x1.grad.zero_()
        y.backward()
        x0.data -= lr * x0.grad
        x1.data -= lr * x1.grad
    return {"x0": x0, "x1": x1, "y": y}


def sine_by_taylor(torch):
    """The series of the sine as a graph, and derivatives of it up to the third."""
    x = torch.tensor(math.pi / 4, requires_grad=True)
    y = 0
    for i in range(100000):
        c = (-1) ** i / math.factorial(2 * i + 1)
        t = c * x ** (2 * i + 1)
        y = y + t
        if abs(t.data) < 1e-12:
            break
    derivatives = [y.item()]
    g = y
    for _ in range(3):
        (g,) = torch.autograd.grad(g, x, create_graph=True)
        derivatives.append(g.item())
    return {"derivatives": derivatives, "terms": i}


def sine_by_rnn(torch, nn, optim, draw):
    """A recurrent net that foretells a sine, with gradients cut every ten steps."""

    class SimpleRNN(nn.Module):
        def __init__(self, hidden_size, out_size):
            super().__init__()
            self.x2h = nn.Linear(1, hidden_size)
            self.h2h = nn.Linear(hidden_size, hidden_size, bias=False)
            self.fc = nn.Linear(hidden_size, out_size)
            self.h = None

        def reset_state(self):
            self.h = None

        def forward(self, x):
            self.h = torch.tanh(self.x2h(x) if self.h is None else self.x2h(x) + self.h2h(self.h))
            return self.fc(self.h)

    model = SimpleRNN(6, 1)
    start(torch, model, draw)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    curve = torch.sin(torch.linspace(0, 6, 41))
    losses = []
    for _ in range(2):
        model.reset_state()
        loss, count = 0, 0
        for x, t in zip(curve[:-1], curve[1:]):
            y = model(x.reshape(1, 1))
            loss = loss + ((y - t) ** 2).mean()
            count += 1
            if count % 10 == 0:
                model.zero_grad()
                loss.backward()
                model.h = model.h.detach()
                optimizer.step()
                losses.append(loss.item())
                loss = 0
    return {"losses": losses, "w": model.h2h.weight}


def two_layer_net(torch, F, draw):
    """softmax and hinge losses with their gradients by hand, and those of the engine."""
    X = torch.tensor(draw.randn(6, 4))
    y = torch.tensor(draw.randint(0, 3, 6))
    W1, W2 = torch.tensor(draw.randn(4, 8)), torch.tensor(draw.randn(8, 3))
    b1, b2 = torch.zeros(8), torch.zeros(3)
    N, reg = X.shape[0], 0.05
    for p in (W1, W2, b1, b2):
        p.requires_grad = True

    z = X @ W1 + b1
    hidden = z.clamp(min=0)
    scores = hidden @ W2 + b2
    loss = F.cross_entropy(scores, y) + reg * ((W1 * W1).sum() + (W2 * W2).sum())
    loss.backward()

    with torch.no_grad():
        probs = (scores - scores.max(dim=1, keepdim=True)[0]).exp()
        probs /= probs.sum(dim=1, keepdim=True)
        dscores = probs.clone()
        dscores[range(N), y] -= 1
        dscores /= N
        dW2 = hidden.t().mm(dscores) + 2 * reg * W2
        db2 = dscores.sum(dim=0)
        dhidden = dscores.mm(W2.t())
        dhidden[z <= 0] = 0
        dW1 = X.t().mm(dhidden) + 2 * reg * W1
    equal = [torch.allclose(a, b) for a, b in ((dW1, W1.grad), (dW2, W2.grad), (db2, b2.grad))]

    W = torch.tensor(draw.randn(4, 3), requires_grad=True)
    s = X @ W
    correct = s[torch.arange(N), y].view(-1, 1)
    margins = (s - correct + 1).clamp(min=0)
    mask = torch.ones_like(margins)
    mask[torch.arange(N), y] = 0
    svm = (margins * mask).sum() / N
    svm.backward()
    with torch.no_grad():
        ds = ((margins > 0) & (mask > 0)).double()
        ds[torch.arange(N), y] = -ds.sum(1)
        dW = X.T @ ds / N
    accuracy = (scores.argmax(dim=1) == y).double().mean().item()
    return {
        "loss": loss, "svm": svm, "equal": [*equal, torch.allclose(dW, W.grad)], "dW1": dW1,
        "dW": dW, "accuracy": accuracy, "b1": b1.grad,
    }  # fmt: skip


def naive_layers(torch, F, draw):
    """Convolution and pooling by loops that fill an array, batch norm's backward by its formula."""
    x = torch.tensor(draw.randn(2, 3, 6, 6), requires_grad=True)
    w = torch.tensor(draw.randn(4, 3, 3, 3), requires_grad=True)
    b = torch.tensor(draw.randn(4), requires_grad=True)
    pad, stride = 1, 2
    xp = F.pad(x, (pad, pad, pad, pad))
    H = 1 + (x.shape[2] + 2 * pad - 3) // stride
    out = torch.zeros(2, 4, H, H)
    for n in range(2):
        for f in range(4):
            for i in range(H):
                for j in range(H):
                    window = xp[n, :, i * stride : i * stride + 3, j * stride : j * stride + 3]
                    out[n, f, i, j] = (window * w[f]).sum() + b[f]
    fast = F.conv2d(x, w, b, stride=stride, padding=pad)
    dout = torch.tensor(draw.randn(*out.shape))
    (out * dout).sum().backward()
    naive = [x.grad.clone(), w.grad.clone(), b.grad.clone()]
    for t in (x, w, b):
        t.grad.zero_()
    (fast * dout).sum().backward()
    equal = [torch.allclose(a, t.grad) for a, t in zip(naive, (x, w, b))]

    h = torch.tensor(draw.randn(5, 3), requires_grad=True)
    gamma = torch.tensor(draw.randn(3), requires_grad=True)
    mu, var = h.mean(0), h.var(0, unbiased=False)
    xhat = (h - mu) / (var + 1e-5).sqrt()
    dy = torch.tensor(draw.randn(5, 3))
    (gamma * xhat).backward(dy)
    with torch.no_grad():
        dxhat = dy * gamma
        dh = (5 * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) / (5 * (var + 1e-5).sqrt())
    return {
        "out": out, "equal": [*equal, torch.allclose(out, fast), torch.allclose(dh, h.grad)],
        "dw": w.grad, "dh": dh, "dgamma": gamma.grad,
    }  # fmt: skip


def moons_by_arrays(torch, draw):
    """micrograd's demo on arrays: a net of relu neurons, max-margin loss and a weight penalty."""
    X, y = moons(draw)
    flat = torch.tensor(draw.uniform(-1, 1, SIZE_OF_DEMO))
    flat.requires_grad = True
    X, y = torch.tensor(X), torch.tensor(y)
    losses = []
    for k in range(12):
        x, at = X, 0
        for nin, nout in ((2, 8), (8, 8), (8, 1)):
            block = flat[at : at + nout * (nin + 1)].reshape(nout, nin + 1)
            x = x @ block[:, :-1].T + block[:, -1]
            x = x.relu() if nout > 1 else x
            at += nout * (nin + 1)
        scores = x.reshape(-1)
        loss = (1 + -y * scores).relu().mean() + 1e-4 * (flat * flat).sum()
        flat.grad = None
        loss.backward()
        flat.data -= (1.0 - 0.9 * k / 100) * 0.1 * flat.grad
        losses.append(loss.item())
    accuracy = ((y > 0) == (scores > 0)).double().mean()
    return {"losses": losses, "accuracy": accuracy, "flat": flat}


SIZE_OF_DEMO = 8 * 3 + 8 * 9 + 9


def moons(draw):
    """Two half circles, and ±1 for each point."""
    angle = draw.rand(24) * math.pi
    upper = draw.rand(24) > 0.5
    x = [[math.cos(a), math.sin(a)] if u else [1 - math.cos(a), 0.5 - math.sin(a)]
         for a, u in zip(angle, upper)]  # fmt: skip
    return x, [1.0 if u else -1.0 for u in upper]
