"""Science as it is written in PyTorch: double backprop, densities, filters, flows, spectra."""

import math

from ported.brought.tutorials import start


def rosenbrock_by_newton(torch):
    """Newton's method with second derivatives by double backprop."""

    def rosenbrock(x0, x1):
        return 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2

    x0 = torch.tensor(-1.2, requires_grad=True)
    x1 = torch.tensor(1.0, requires_grad=True)
    path = []
    for _ in range(6):
        y = rosenbrock(x0, x1)
        g0, g1 = torch.autograd.grad(y, [x0, x1], create_graph=True)
        h00, h01 = torch.autograd.grad(g0, [x0, x1], retain_graph=True)
        h10, h11 = torch.autograd.grad(g1, [x0, x1])
        det = h00 * h11 - h01 * h10
        path.append([x0.item(), x1.item(), y.item(), det.item()])
        with torch.no_grad():
            x0 -= (h11 * g0 - h01 * g1) / det
            x1 -= (h00 * g1 - h10 * g0) / det
    return {"path": path, "untouched": x0.grad is None}


def gradient_penalty(torch, nn, draw):
    """The penalty of a Wasserstein critic: the norm of a gradient, in a loss."""
    critic = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    start(torch, critic, draw)
    real, fake = torch.tensor(draw.randn(5, 3)), torch.tensor(draw.randn(5, 3))
    alpha = torch.tensor(draw.rand(5, 1))
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(mixed)
    (gradients,) = torch.autograd.grad(
        outputs=scores, inputs=mixed, grad_outputs=torch.ones_like(scores),
        create_graph=True, retain_graph=True, only_inputs=True,
    )  # fmt: skip
    penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean()
    penalty.backward()
    return {"penalty": penalty, "weight": critic[0].weight.grad, "gradients": gradients}


def gaussian_process(torch, optim, draw):
    x = torch.tensor(draw.rand(12)) * 4
    y = torch.sin(x) + 0.1 * torch.tensor(draw.randn(12))
    log_scale = torch.zeros(1, requires_grad=True)
    log_length = torch.zeros(1, requires_grad=True)
    log_noise = torch.tensor([-2.0], requires_grad=True)
    optimizer = optim.Adam([log_scale, log_length, log_noise], lr=0.1)

    def kernel(a, b):
        d = (a[:, None] - b[None, :]) / log_length.exp()
        return log_scale.exp() * torch.exp(-0.5 * d**2)

    def likelihood():
        K = kernel(x, x) + log_noise.exp() * torch.eye(len(x))
        L = torch.linalg.cholesky(K)
        alpha = torch.linalg.solve(K, y)
        return (
            0.5 * (y @ alpha) + L.diagonal().log().sum() + 0.5 * len(x) * math.log(2 * math.pi)
        ), alpha

    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        loss, _ = likelihood()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        xs = torch.linspace(0, 4, 5)
        _, alpha = likelihood()
        mean = kernel(xs, x) @ alpha
    return {"losses": losses, "mean": mean, "length": log_length, "grad": log_noise.grad}


def kalman_filter(torch, draw):
    dt = 0.5
    F = torch.tensor([[1.0, dt], [0.0, 1.0]])
    H = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
    log_q = torch.tensor(-1.0, requires_grad=True)
    log_r = torch.tensor([0.2, -0.3], requires_grad=True)
    zs = torch.tensor(draw.randn(8, 2)).cumsum(0)
    x, P = torch.zeros(2), torch.eye(2)
    Q = log_q.exp() * torch.tensor([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    R = torch.diag(log_r.exp())
    loglik = 0.0
    for z in zs:
        x = F @ x
        P = F @ P @ F.T + Q
        r = z - H @ x
        S = H @ P @ H.T + R
        K = P @ H.T @ torch.linalg.inv(S)
        x = x + K @ r
        P = (torch.eye(2) - K @ H) @ P
        sign, logdet = torch.linalg.slogdet(S)
        loglik = loglik - 0.5 * (r @ torch.linalg.solve(S, r) + logdet + 2 * math.log(2 * math.pi))
    loglik.backward()
    return {"loglik": loglik, "q": log_q.grad, "r": log_r.grad, "x": x, "P": P, "sign": sign}


def principal_components(torch, draw):
    X = torch.tensor(draw.randn(10, 4) @ draw.randn(4, 4), requires_grad=True)
    centred = X - X.mean(0)
    U, S, Vh = torch.linalg.svd(centred, full_matrices=False)
    explained = S**2 / (len(X) - 1)
    ratio = explained / explained.sum()
    projected = centred @ Vh[:2].T
    ratio[0].backward()
    values, vectors = torch.linalg.eigh(centred.detach().T @ centred.detach())
    return {
        "ratio": ratio, "grad": X.grad, "size": projected.abs(),
        "norm": torch.linalg.norm(projected), "values": values, "vectors": vectors.abs(),
        "rebuilt": (U * S) @ Vh,
        "left": list(U.shape),
    }  # fmt: skip


def least_squares(torch, draw):
    A = torch.tensor(draw.randn(8, 3), requires_grad=True)
    b = torch.tensor(draw.randn(8, 1))
    x = torch.linalg.lstsq(A, b).solution
    Q, R = torch.linalg.qr(A)
    by_qr = torch.linalg.solve(R, Q.T @ b)
    loss = ((A @ x - b) ** 2).sum()
    loss.backward()
    return {"x": x, "loss": loss, "grad": A.grad, "qr": by_qr, "det": torch.linalg.det(A.T @ A)}


def variational_inference(torch, F, optim, draw):
    """A Gaussian posterior over the log rate of a Poisson, by reparametrised draws."""
    counts = torch.tensor([3.0, 5.0, 2.0, 4.0])
    mu = torch.zeros((), requires_grad=True)
    rho = torch.zeros((), requires_grad=True)
    optimizer = optim.Adam([mu, rho], lr=0.05)
    elbos = []
    for _ in range(10):
        eps = torch.tensor(draw.randn(16))
        sigma = F.softplus(rho)
        z = mu + sigma * eps
        log_joint = (
            (counts[:, None] * z - z.exp() - torch.lgamma(counts[:, None] + 1)).sum(0)
            - 0.5 * z**2
            - 0.5 * math.log(2 * math.pi)
        )
        entropy = 0.5 * math.log(2 * math.pi * math.e) + sigma.log()
        elbo = log_joint.mean() + entropy
        optimizer.zero_grad()
        (-elbo).backward()
        optimizer.step()
        elbos.append(elbo.item())
    x = torch.tensor([0.3, 2.5], requires_grad=True)
    (torch.lgamma(x) + torch.digamma(x) + torch.erfinv(x / 3)).sum().backward()
    return {"elbos": elbos, "mu": mu, "rho": rho, "special": x.grad}


def real_nvp(torch, nn, optim, draw):
    class RealNVP(nn.Module):
        def __init__(self, masks):
            super().__init__()
            self.register_buffer("mask", torch.tensor(masks))

            def net(last):
                return nn.Sequential(nn.Linear(2, 6), nn.LeakyReLU(), nn.Linear(6, 2), *last)

            self.t = nn.ModuleList([net([]) for _ in masks])
            self.s = nn.ModuleList([net([nn.Tanh()]) for _ in masks])

        def inverse(self, x):
            log_det_J, z = x.new_zeros(x.shape[0]), x
            for i in reversed(range(len(self.t))):
                z_ = self.mask[i] * z
                s = self.s[i](z_) * (1 - self.mask[i])
                t = self.t[i](z_) * (1 - self.mask[i])
                z = (1 - self.mask[i]) * (z - t) * torch.exp(-s) + z_
                log_det_J -= s.sum(dim=1)
            return z, log_det_J

        def forward(self, z):
            x = z
            for i in range(len(self.t)):
                x_ = x * self.mask[i]
                s = self.s[i](x_) * (1 - self.mask[i])
                t = self.t[i](x_) * (1 - self.mask[i])
                x = x_ + (1 - self.mask[i]) * (x * torch.exp(s) + t)
            return x

        def log_prob(self, x):
            z, logp = self.inverse(x)
            return -0.5 * (z**2).sum(1) - math.log(2 * math.pi) + logp

    flow = RealNVP([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    state = flow.state_dict()
    for k, x in state.items():
        if k != "mask":
            state[k] = torch.tensor(0.4 * draw.randn(*x.shape))
    flow.load_state_dict(state)
    optimizer = optim.Adam([p for p in flow.parameters() if p.requires_grad], lr=1e-2)
    angle = draw.rand(32) * math.pi
    data = torch.stack([torch.tensor(angle).cos(), torch.tensor(angle).sin()], dim=1)
    losses = []
    for _ in range(8):
        loss = -flow.log_prob(data).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    z, _ = flow.inverse(data)
    back = torch.allclose(flow(z), data)
    return {"losses": losses, "z": z[:3], "back": back, "w": flow.t[0][0].bias}


def hidden_markov_model(torch, optim, draw):
    """The forward algorithm in logarithms, and its parameters learned from one sequence."""
    n, symbols = 3, 4
    start_logits = torch.tensor(draw.randn(n), requires_grad=True)
    move_logits = torch.tensor(draw.randn(n, n), requires_grad=True)
    emit_logits = torch.tensor(draw.randn(n, symbols), requires_grad=True)
    seen = torch.tensor(draw.randint(0, symbols, 12))
    optimizer = optim.SGD([start_logits, move_logits, emit_logits], lr=0.1, momentum=0.5)
    losses = []
    for _ in range(6):
        log_start = start_logits.log_softmax(dim=0)
        log_move = torch.log_softmax(move_logits, dim=1)
        log_emit = emit_logits.log_softmax(dim=1)
        alpha = log_start + log_emit[:, seen[0]]
        for symbol in seen[1:]:
            alpha = torch.logsumexp(alpha[:, None] + log_move, dim=0) + log_emit[:, symbol]
        loss = -alpha.logsumexp(dim=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "move": move_logits, "grad": emit_logits.grad}


def lbfgs(torch, optim):
    x = torch.tensor([-1.5, 2.0], requires_grad=True)
    optimizer = optim.LBFGS([x], lr=1, max_iter=8, history_size=5, line_search_fn="strong_wolfe")
    values = []

    def closure():
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(4):
        values.append(optimizer.step(closure).item())
    return {"values": values, "x": x}
