"""makemore, lecture by lecture, at a reduced size: what one types along, in PyTorch's words.

Each function is a program.  It asks for the modules it imports by name, and for `draw`, NumPy's
RandomState, from which numbers come that are to be the same under every library.
"""

NAMES = "emma olivia ava isabella sophia charlotte mia amelia harper evelyn abigail ella"
WORDS = NAMES.split()
CHARS = sorted(set("".join(WORDS)))
STOI = {s: i + 1 for i, s in enumerate(CHARS)} | {".": 0}
ITOS = {i: s for s, i in STOI.items()}
V = len(STOI)
BLOCK = 3


def bigram_counts(torch):
    N = torch.zeros((V, V), dtype=torch.int32)
    for w in WORDS:
        chs = [".", *w, "."]
        for ch1, ch2 in zip(chs, chs[1:]):
            N[STOI[ch1], STOI[ch2]] += 1
    g = torch.Generator().manual_seed(2147483647)
    P = (N + 1).float()
    P /= P.sum(1, keepdims=True)
    ix, out = 0, []
    while len(out) < 8:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
        out.append(ITOS[ix])
    log_likelihood, n = 0.0, 0
    for w in WORDS:
        chs = [".", *w, "."]
        for ch1, ch2 in zip(chs, chs[1:]):
            log_likelihood += torch.log(P[STOI[ch1], STOI[ch2]])
            n += 1
    return {"N": N, "P": P, "nll": -log_likelihood / n, "letters": len("".join(out))}


def bigram_net(torch, F, draw):
    xs, ys = [], []
    for w in WORDS:
        chs = [".", *w, "."]
        for ch1, ch2 in zip(chs, chs[1:]):
            xs.append(STOI[ch1])
            ys.append(STOI[ch2])
    xs, ys = torch.tensor(xs), torch.tensor(ys)
    num = xs.nelement()
    W = torch.tensor(draw.randn(V, V), requires_grad=True)
    for _ in range(10):
        xenc = F.one_hot(xs, num_classes=V).float()
        logits = xenc @ W
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(num), ys].log().mean() + 0.01 * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data += -50 * W.grad
    return {"num": num, "loss": loss.item(), "W": W, "grad": W.grad, "spread": W.grad.data.std()}


def build_dataset(torch, words):
    X, Y = [], []
    for w in words:
        context = [0] * BLOCK
        for ch in w + ".":
            ix = STOI[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)


def mlp(torch, F, draw):
    X, Y = build_dataset(torch, WORDS)
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((V, 2), generator=g)
    W1 = torch.randn((6, 20), generator=g)
    b1 = torch.randn(20, generator=g)
    W2 = torch.randn((20, V), generator=g)
    b2 = torch.randn(V, generator=g)
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.data = torch.tensor(draw.randn(*p.shape))
        p.requires_grad = True
    lre = torch.linspace(-3, 0, 20)
    lrs = 10**lre
    lossi = []
    for i in range(20):
        ix = torch.tensor(draw.randint(0, X.shape[0], (8,)))
        emb = C[X[ix]]
        h = torch.tanh(emb.view(-1, 6) @ W1 + b1)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = lrs[i]
        for p in parameters:
            p.data += -lr * p.grad
        lossi.append(loss.log10().item())
    by_hand = (torch.tanh(C[X].view(-1, 6) @ W1 + b1) @ W2 + b2).exp()
    prob = by_hand / by_hand.sum(1, keepdims=True)
    context, out = [0] * BLOCK, []
    for _ in range(5):
        emb = C[torch.tensor([context])]
        probs = F.softmax(torch.tanh(emb.view(1, -1) @ W1 + b1) @ W2 + b2, dim=1)
        ix = torch.multinomial(probs, num_samples=1, generator=g).item()
        context = context[1:] + [ix]
        out.append(ix)
    return {
        "X": X, "lossi": lossi, "C": C, "W1": W1, "W2": W2,
        "parts": torch.cat(torch.unbind(C[X[:2]], 1), 1), "drawn": len(out),
        "count": sum(p.nelement() for p in parameters), "left": C.grad.sum(),
        "loss": -prob[torch.arange(len(Y)), Y].log().mean(),
    }  # fmt: skip


def batch_norm_by_hand(torch, F, draw):
    X, Y = build_dataset(torch, WORDS)
    n_embd, n_hidden = 4, 12
    C = torch.tensor(draw.randn(V, n_embd))
    W1 = torch.tensor(draw.randn(n_embd * BLOCK, n_hidden)) * (5 / 3) / ((n_embd * BLOCK) ** 0.5)
    W2 = torch.tensor(draw.randn(n_hidden, V)) * 0.01
    b2 = torch.zeros(V) * 0
    bngain = torch.ones((1, n_hidden))
    bnbias = torch.zeros((1, n_hidden))
    bnmean_running = torch.zeros((1, n_hidden))
    bnstd_running = torch.ones((1, n_hidden))
    parameters = [C, W1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    lossi = []
    for _ in range(15):
        ix = torch.tensor(draw.randint(0, X.shape[0], (16,)))
        Xb, Yb = X[ix], Y[ix]
        hpreact = C[Xb].view(Xb.shape[0], -1) @ W1
        bnmeani = hpreact.mean(0, keepdim=True)
        bnstdi = hpreact.std(0, keepdim=True)
        hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias
        with torch.no_grad():
            bnmean_running = 0.9 * bnmean_running + 0.1 * bnmeani
            bnstd_running = 0.9 * bnstd_running + 0.1 * bnstdi
        h = torch.tanh(hpreact)
        loss = F.cross_entropy(h @ W2 + b2, Yb)
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
        lossi.append(loss.log10().item())

    @torch.no_grad()
    def split_loss():
        hpreact = C[X].view(X.shape[0], -1) @ W1
        hpreact = bngain * (hpreact - bnmean_running) / bnstd_running + bnbias
        return F.cross_entropy(torch.tanh(hpreact) @ W2 + b2, Y)

    loss = split_loss()
    return {
        "lossi": lossi, "split": loss.item(), "mean": bnmean_running, "std": bnstd_running,
        "saturated": (h.abs() > 0.99).float().mean().item(), "recorded": loss.requires_grad,
        "gain": bngain, "C": C,
    }  # fmt: skip


def layers_of(torch, draw):
    """The lecture's own classes."""

    class Linear:
        def __init__(self, fan_in, fan_out, bias=True):
            self.weight = torch.tensor(draw.randn(fan_in, fan_out)) / fan_in**0.5
            self.bias = torch.zeros(fan_out) if bias else None

        def __call__(self, x):
            self.out = x @ self.weight
            if self.bias is not None:
                self.out += self.bias
            return self.out

        def parameters(self):
            return [self.weight] + ([] if self.bias is None else [self.bias])

    class BatchNorm1d:
        def __init__(self, dim, eps=1e-5, momentum=0.1):
            self.eps, self.momentum, self.training = eps, momentum, True
            self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
            self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

        def __call__(self, x):
            if self.training:
                dim = 0 if x.ndim == 2 else (0, 1)
                xmean = x.mean(dim, keepdim=True)
                xvar = x.var(dim, keepdim=True)
            else:
                xmean, xvar = self.running_mean, self.running_var
            xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
            self.out = self.gamma * xhat + self.beta
            if self.training:
                with torch.no_grad():
                    m = self.momentum
                    self.running_mean = (1 - m) * self.running_mean + m * xmean
                    self.running_var = (1 - m) * self.running_var + m * xvar
            return self.out

        def parameters(self):
            return [self.gamma, self.beta]

    class Tanh:
        def __call__(self, x):
            self.out = torch.tanh(x)
            return self.out

        def parameters(self):
            return []

    return Linear, BatchNorm1d, Tanh


def statistics_of_layers(torch, F, draw):
    Linear, BatchNorm1d, Tanh = layers_of(torch, draw)
    X, Y = build_dataset(torch, WORDS)
    C = torch.tensor(draw.randn(V, 4))
    layers = [
        Linear(12, 10, bias=False), BatchNorm1d(10), Tanh(),
        Linear(10, 10, bias=False), BatchNorm1d(10), Tanh(),
        Linear(10, V, bias=False), BatchNorm1d(V),
    ]  # fmt: skip
    with torch.no_grad():
        layers[-1].gamma *= 0.1
        for layer in layers[:-1]:
            if isinstance(layer, Linear):
                layer.weight *= 5 / 3
    parameters = [C] + [p for layer in layers for p in layer.parameters()]
    for p in parameters:
        p.requires_grad = True
    ud = []
    for _ in range(4):
        ix = torch.tensor(draw.randint(0, X.shape[0], (16,)))
        x = C[X[ix]].view(16, -1)
        for layer in layers:
            x = layer(x)
        loss = F.cross_entropy(x, Y[ix])
        for layer in layers:
            layer.out.retain_grad()
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
        with torch.no_grad():
            ud.append([((0.1 * p.grad).std() / p.data.std()).log10().item() for p in parameters])
    outs = [layer.out for layer in layers if isinstance(layer, Tanh)]
    return {
        "loss": loss.item(), "ud": ud,
        "activations": [t.mean().item() for t in outs], "spread": [t.std().item() for t in outs],
        "saturated": [(t.abs() > 0.97).float().mean().item() * 100 for t in outs],
        "gradients": [t.grad.mean().item() for t in outs],
        "spread of gradients": [t.grad.std().item() for t in outs],
        "ratios": [(p.grad.std() / p.std()).item() for p in parameters if p.ndim == 2],
    }  # fmt: skip


def backprop_by_hand(torch, F, draw):
    X, Y = build_dataset(torch, WORDS)
    n, n_hidden = 16, 8
    C = torch.tensor(draw.randn(V, 4))
    W1 = torch.tensor(draw.randn(12, n_hidden)) * 0.5
    b1 = torch.tensor(draw.randn(n_hidden)) * 0.1
    W2 = torch.tensor(draw.randn(n_hidden, V)) * 0.1
    b2 = torch.tensor(draw.randn(V)) * 0.1
    bngain = torch.tensor(draw.randn(1, n_hidden)) * 0.1 + 1.0
    bnbias = torch.tensor(draw.randn(1, n_hidden)) * 0.1
    parameters = [C, W1, b1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    ix = torch.tensor(draw.randint(0, X.shape[0], (n,)))
    Xb, Yb = X[ix], Y[ix]

    emb = C[Xb]
    embcat = emb.view(emb.shape[0], -1)
    hprebn = embcat @ W1 + b1
    bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = 1 / (n - 1) * (bndiff2).sum(0, keepdim=True)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[range(n), Yb].mean()
    for p in parameters:
        p.grad = None
    for t in [logprobs, probs, counts, counts_sum, counts_sum_inv, norm_logits, logit_maxes, logits,
              h, hpreact, bnraw, bnvar_inv, bnvar, bndiff2, bndiff, hprebn, bnmeani, embcat,
              emb]:  # fmt: skip
        t.retain_grad()
    loss.backward()

    dlogprobs = torch.zeros_like(logprobs)
    dlogprobs[range(n), Yb] = -1.0 / n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdim=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv
    dcounts += torch.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogits = dnorm_logits.clone()
    dlogit_maxes = (-dnorm_logits).sum(1, keepdim=True)
    dlogits += F.one_hot(logits.max(dim=1).indices, num_classes=logits.shape[1]) * dlogit_maxes
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)
    dbnraw = bngain * dhpreact
    dbnbias = dhpreact.sum(0, keepdim=True)
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdim=True)
    dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * torch.ones_like(bndiff2) * dbnvar
    dbndiff += (2 * bndiff) * dbndiff2
    dhprebn = dbndiff.clone()
    dbnmeani = (-dbndiff).sum(0)
    dhprebn += 1.0 / n * (torch.ones_like(hprebn) * dbnmeani)
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = dembcat.view(emb.shape)
    dC = torch.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            ix = Xb[k, j]
            dC[ix] += demb[k, j]

    def cmp(dt, t):
        maxdiff = (dt - t.grad).abs().max().item()
        return torch.allclose(dt, t.grad) and maxdiff < 1e-12

    found = [
        cmp(dlogprobs, logprobs), cmp(dprobs, probs), cmp(dcounts_sum, counts_sum),
        cmp(dcounts, counts), cmp(dnorm_logits, norm_logits), cmp(dlogits, logits), cmp(dh, h),
        cmp(dW2, W2), cmp(db2, b2), cmp(dhpreact, hpreact), cmp(dbngain, bngain),
        cmp(dbnraw, bnraw), cmp(dbnbias, bnbias), cmp(dbnvar, bnvar), cmp(dbndiff2, bndiff2),
        cmp(dbndiff, bndiff), cmp(dhprebn, hprebn), cmp(dW1, W1), cmp(db1, b1), cmp(dC, C),
    ]  # fmt: skip

    short = F.softmax(logits, 1)
    short[range(n), Yb] -= 1
    short /= n
    dhprebn = (
        bngain * bnvar_inv / n
        * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))
    )  # fmt: skip
    grads = [dC, dW1, db1, dW2, db2, dbngain, dbnbias]
    with torch.no_grad():
        for p, grad in zip(parameters, grads):
            p.data += -0.1 * grad
    return {
        "loss": loss, "equal": found, "short": short, "logits": logits.grad,
        "hprebn": dhprebn, "fast": cmp(short, logits), "C": C, "dC": dC, "b2": b2,
    }  # fmt: skip


def wavenet(torch, F, draw):
    Linear, BatchNorm1d, Tanh = layers_of(torch, draw)

    class Embedding:
        def __init__(self, num_embeddings, embedding_dim):
            self.weight = torch.tensor(draw.randn(num_embeddings, embedding_dim))

        def __call__(self, IX):
            self.out = self.weight[IX]
            return self.out

        def parameters(self):
            return [self.weight]

    class FlattenConsecutive:
        def __init__(self, n):
            self.n = n

        def __call__(self, x):
            B, T, C = x.shape
            x = x.view(B, T // self.n, C * self.n)
            if x.shape[1] == 1:
                x = x.squeeze(1)
            self.out = x
            return self.out

        def parameters(self):
            return []

    class Sequential:
        def __init__(self, layers):
            self.layers = layers

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            self.out = x
            return self.out

        def parameters(self):
            return [p for layer in self.layers for p in layer.parameters()]

    X, Y = [], []
    for w in WORDS:
        context = [0] * 8
        for ch in w + ".":
            X.append(context)
            Y.append(STOI[ch])
            context = context[1:] + [STOI[ch]]
    X, Y = torch.tensor(X), torch.tensor(Y)
    model = Sequential([
        Embedding(V, 4),
        FlattenConsecutive(2), Linear(8, 6, bias=False), BatchNorm1d(6), Tanh(),
        FlattenConsecutive(2), Linear(12, 6, bias=False), BatchNorm1d(6), Tanh(),
        FlattenConsecutive(2), Linear(12, 6, bias=False), BatchNorm1d(6), Tanh(),
        Linear(6, V),
    ])  # fmt: skip
    with torch.no_grad():
        model.layers[-1].weight *= 0.1
    parameters = model.parameters()
    for p in parameters:
        p.requires_grad = True
    lossi = []
    for i in range(10):
        ix = torch.tensor(draw.randint(0, X.shape[0], (16,)))
        loss = F.cross_entropy(model(X[ix]), Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = 0.1 if i < 8 else 0.01
        for p in parameters:
            p.data += -lr * p.grad
        lossi.append(loss.log10().item())
    means = torch.tensor(lossi).view(-1, 5).mean(1)
    for layer in model.layers:
        layer.training = False
    with torch.no_grad():
        loss = F.cross_entropy(model(X), Y)
        probs = F.softmax(model(torch.tensor([[0] * 8])), dim=1)
        drawn = torch.multinomial(probs, num_samples=1).item()
    logits = torch.zeros(4, V)
    for i in range(4):
        logits[i] = model(X[[7 + i]])
    return {
        "means": means, "loss": loss.item(), "probs": probs, "drawn": drawn in ITOS,
        "logits": logits, "count": sum(p.nelement() for p in parameters),
        "running": model.layers[3].running_mean,
        "shapes": [list(layer.out.shape) for layer in model.layers],
    }  # fmt: skip
