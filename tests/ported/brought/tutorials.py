"""PyTorch's beginner tutorials: a cubic fitted to a sine in all its forms, and the blitz."""

import math


def cubic_by_hand(torch, draw):
    dtype = torch.double
    device = torch.device("cpu")
    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
    y = torch.sin(x)
    a, b, c, d = (torch.randn((), device=device, dtype=dtype) * 0 + k for k in draw.randn(4))
    learning_rate = 1e-6
    losses = []
    for t in range(50):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum().item()
        if t % 10 == 9:
            losses.append(loss)
        grad_y_pred = 2.0 * (y_pred - y)
        grad_a = grad_y_pred.sum()
        grad_b = (grad_y_pred * x).sum()
        grad_c = (grad_y_pred * x**2).sum()
        grad_d = (grad_y_pred * x**3).sum()
        a -= learning_rate * grad_a
        b -= learning_rate * grad_b
        c -= learning_rate * grad_c
        d -= learning_rate * grad_d
    return {"losses": losses, "fit": [a.item(), b.item(), c.item(), d.item()]}


def cubic_by_autograd(torch, draw):
    x = torch.linspace(-math.pi, math.pi, 200, dtype=torch.float64)
    y = torch.sin(x)
    a, b, c, d = (torch.tensor(k, dtype=torch.float64, requires_grad=True) for k in draw.randn(4))
    learning_rate = 1e-6
    for _ in range(50):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = None
            b.grad = None
            c.grad = None
            d.grad = None
    return {"loss": loss.item(), "fit": [a.item(), b.item(), c.item(), d.item()]}


def cubic_by_sequential(torch, nn, draw):
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    p = torch.tensor([1, 2, 3])
    xx = x.unsqueeze(-1).pow(p)
    model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))
    start(torch, model, draw)
    loss_fn = nn.MSELoss(reduction="sum")
    learning_rate = 1e-6
    for _ in range(50):
        y_pred = model(xx)
        loss = loss_fn(y_pred, y)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for param in model.parameters():
                param -= learning_rate * param.grad
    linear_layer = model[0]
    return {
        "loss": loss.item(), "bias": linear_layer.bias.item(), "shape": list(xx.shape),
        "weights": [linear_layer.weight[:, k].item() for k in range(3)],
    }  # fmt: skip


def cubic_by_optim(torch, nn, optim, draw):
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
    model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0, 1))
    start(torch, model, draw)
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = optim.RMSprop(model.parameters(), lr=1e-3)
    for _ in range(50):
        loss = loss_fn(model(xx), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "bias": model[0].bias, "weight": model[0].weight}


def cubic_by_module(torch, nn, optim, draw):
    class Polynomial3(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Parameter(torch.randn(()))
            self.b = nn.Parameter(torch.randn(()))
            self.c = nn.Parameter(torch.randn(()))
            self.d = nn.Parameter(torch.randn(()))

        def forward(self, x):
            return self.a + self.b * x + self.c * x**2 + self.d * x**3

        def string(self):
            return f"y = {self.a.item():.3f} + {self.b.item():.3f} x"

    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    model = Polynomial3()
    start(torch, model, draw)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = optim.SGD(model.parameters(), lr=1e-6)
    for _ in range(50):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "words": model.string(), "fit": list(model.state_dict().values())}


def control_flow_and_shared_weights(torch, nn, optim, draw):
    class DynamicNet(nn.Module):
        def __init__(self):
            super().__init__()
            for name in "abcde":
                setattr(self, name, nn.Parameter(torch.randn(())))

        def forward(self, x):
            y = self.a + self.b * x + self.c * x**2 + self.d * x**3
            for exp in range(4, draw.randint(4, 6)):
                y = y + self.e * x**exp
            return y

    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    model = DynamicNet()
    start(torch, model, draw)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = optim.SGD(model.parameters(), lr=1e-8, momentum=0.9)
    for _ in range(30):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {"loss": loss.item(), "e": model.e.item(), "a": model.a}


def cubic_by_own_function(torch):
    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    dtype = torch.double
    device = torch.device("cpu")
    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
    y = torch.sin(x)
    a = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    b = torch.full((), -1.0, device=device, dtype=dtype, requires_grad=True)
    c = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    d = torch.full((), 0.3, device=device, dtype=dtype, requires_grad=True)
    learning_rate = 5e-6
    for _ in range(50):
        P3 = LegendrePolynomial3.apply
        y_pred = a + b * P3(c + d * x)
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = None
            b.grad = None
            c.grad = None
            d.grad = None
    return {"loss": loss.item(), "fit": [a.item(), b.item(), c.item(), d.item()]}


def net_with_a_dict(torch, draw):
    params = {
        "W1": torch.tensor(draw.randn(3, 8), requires_grad=True),
        "b1": torch.zeros(8, requires_grad=True),
        "W2": torch.tensor(draw.randn(8, 1), requires_grad=True),
        "b2": torch.zeros(1, requires_grad=True),
    }
    X, y = torch.tensor(draw.randn(10, 3)), torch.tensor(draw.randn(10, 1))
    losses = []
    for _ in range(8):
        h = torch.tanh(X @ params["W1"] + params["b1"])
        loss = ((h @ params["W2"] + params["b2"] - y) ** 2).mean()
        grads = dict(zip(params, torch.autograd.grad(loss, tuple(params.values()))))
        params = {k: (p - 0.1 * grads[k]).detach().requires_grad_() for k, p in params.items()}
        losses.append(loss.item())
    return {"losses": losses, **{k: p.detach() for k, p in params.items()}}


def blitz_of_autograd(torch, draw):
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    b = torch.tensor([6.0, 4.0], requires_grad=True)
    Q = 3 * a**3 - b**2
    external_grad = torch.tensor([1.0, 1.0])
    Q.backward(gradient=external_grad)
    x = torch.ones(2, 2, requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    out.backward()
    v = torch.tensor(draw.randn(3), requires_grad=True)
    doubled = v * 2
    while doubled.data.norm() < 1000:
        doubled = doubled * 2
    doubled.backward(torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float64))
    with torch.no_grad():
        silent = (x**2).requires_grad
    return {
        "right": (9 * a**2 == a.grad).all().item() and (-2 * b == b.grad).all().item(),
        "x": x.grad, "v": v.grad, "silent": silent, "detached": x.detach().requires_grad,
        "eq": x.eq(x.detach()).all().item(), "leaf": x.is_leaf, "result": y.grad_fn is None,
    }  # fmt: skip


def blitz_net(torch, nn, F, optim, draw):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 4, 3)
            self.pool = nn.MaxPool2d(2, 2)
            self.conv2 = nn.Conv2d(4, 6, 3)
            self.fc1 = nn.Linear(6 * 2 * 2, 12)
            self.fc2 = nn.Linear(12, 5)

        def forward(self, x):
            x = self.pool(F.relu(self.conv1(x)))
            x = self.pool(F.relu(self.conv2(x)))
            x = torch.flatten(x, 1)
            x = F.relu(self.fc1(x))
            return self.fc2(x)

    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    net = Net()
    start(torch, net, draw)
    net.to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    data = [
        (torch.tensor(draw.randn(4, 3, 14, 14)), torch.tensor(draw.randint(0, 5, 4)))
        for _ in range(3)
    ]
    history = []
    for _ in range(2):
        running_loss = 0.0
        for inputs, labels in data:
            inputs, labels = inputs.to(device), labels.to(device)
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        history.append(running_loss)
    correct, total = 0, 0
    with torch.no_grad():
        for images, labels in data:
            outputs = net(images)
            _, predicted = torch.max(outputs.data, dim=1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    params = list(net.parameters())
    return {
        "history": history, "correct": correct, "total": total, "scores": outputs,
        "first": list(params[0].size()), "bias": net.conv1.bias, "grad": net.conv1.bias.grad,
    }  # fmt: skip


def start(torch, model, draw):
    """Start from numbers that are the same under every library."""
    state = model.state_dict()
    model.load_state_dict({k: torch.tensor(0.3 * draw.randn(*x.shape)) for k, x in state.items()})
