# %% check_and | the bias has to be low enough
w = [1.0, 1.0]
b = -0.5
# %% check_and | w1 + w2 + b has to be above 0
w = [1.0, 1.0]
b = -2.0
# %% check_and | a list of two numbers
w = 1.0
b = -1.5
# %% check_train_step | uphill
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data = p.data + lr * p.grad
    return loss.item()
# %% check_train_step | gradients add up
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return loss.item()
# %% check_train_step | Assign to p.data
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p = p - lr * p.grad
    return loss.item()
# %% check_train_step | where is lr
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data = p.data - p.grad
    return loss.item()
# %% check_train_step | from before the step
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return nn.HingeLoss()(model(x), y).item()
# %% check_xor | No neuron is ever off
hidden_weight = [[1.0, 1.0], [1.0, 1.0]]
hidden_bias = [0.0, 0.0]
output_weight = [1.0, -1.0]
# %% check_xor | mind the sign
hidden_weight = [[1.0, 1.0], [1.0, 1.0]]
hidden_bias = [0.0, -1.0]
output_weight = [1.0, 2.0]
# %% check_xor | it should be (2, 2)
hidden_weight = [1.0, 1.0]
hidden_bias = [0.0, -1.0]
output_weight = [1.0, -2.0]
# %% check_layer | wrapped in nn.Parameter
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        rng = np.random.default_rng(0)
        self.weight = rng.uniform(-1, 1, (out_features, in_features))
        self.bias = np.zeros(out_features)

    def forward(self, x):
        return relu(x @ self.weight.T + self.bias)
# %% check_layer | a row of weights for each neuron
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        rng = np.random.default_rng(0)
        self.weight = nn.Parameter(rng.uniform(-1, 1, (in_features, out_features)))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        return relu(x @ self.weight + self.bias)
# %% check_layer | draw the weights at random
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        self.weight = nn.Parameter(np.ones((out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        return relu(x @ self.weight.T + self.bias)
# %% check_layer | lost its graph
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        rng = np.random.default_rng(0)
        self.weight = nn.Parameter(rng.uniform(-1, 1, (out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        return relu(x @ self.weight.numpy().T + self.bias.numpy())
# %% check_layer | relu is missing
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        rng = np.random.default_rng(0)
        self.weight = nn.Parameter(rng.uniform(-1, 1, (out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        return x @ self.weight.T + self.bias
# %% check_layer | relu(x Wᵀ + b)
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        rng = np.random.default_rng(0)
        self.weight = nn.Parameter(rng.uniform(-1, 1, (out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))

    def forward(self, x):
        return relu(x @ self.weight.T)
# %% check_and | only the bias is left
w = [1.0,1.0]; b = 1.5
# %% check_and | w1 + w2 + b
w = [-1.0,-1.0]; b = 1.5
# %% check_train_step | zero_grad, backward, move
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    model.zero_grad()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return loss.item()
# %% check_train_step | before you clear them
def train_step(model, x, y, lr):
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    model.zero_grad()
    for p in model.parameters():
        if p.grad is not None: p.data = p.data - lr * p.grad
    return loss.item()
# %% check_train_step | all weights and biases
def train_step(model, x, y, lr):
    model.zero_grad()
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    for n, p in model.named_parameters():
        if n.endswith("weight"): p.data = p.data - lr * p.grad
    return loss.item()
# %% check_train_step | 0.2 times as far
def train_step(model, x, y, lr):
    model.zero_grad()
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    for p in model.parameters():
        p.data = p.data - 0.1 * p.grad
    return loss.item()
# %% check_train_step | 20 times as far
def train_step(model, x, y, lr):
    model.zero_grad()
    loss = relu(1 - y * model(x)).sum()
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return loss.item()
# %% check_train_step | lack a return
def train_step(model, x, y, lr):
    model.zero_grad()
    loss = nn.HingeLoss()(model(x), y)
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    print("")
# %% check_train_step | but not by −lr · gradient
def train_step(model, x, y, lr):
    model.zero_grad()
    loss = ((y - model(x))**2).mean()
    loss.backward()
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return loss.item()
# %% check_xor | take away what the other one gives
hidden_weight = [[1, 1], [1, 1]]
hidden_bias = [0, -1]
output_weight = [1, -1]
# %% check_xor | take away what the other one gives
hidden_weight = [[1, 1], [1, 1]]
hidden_bias = [0, -2]
output_weight = [1, -2]
# %% check_xor | Both neurons are off
hidden_weight = [[0,0],[0,0]]
hidden_bias = [0, 0]
output_weight = [0, 0]
# %% check_layer | has to be a class
class MyLayer:
    def __init__(self, in_features, out_features):
        self.weight = nn.Parameter(np.random.default_rng(3).normal(size=(out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))
    def forward(self, x):
        return relu(x @ self.weight.T + self.bias)
# %% check_layer | without nn.Linear
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        self.linear = nn.Linear(in_features, out_features)
    def forward(self, x):
        return relu(self.linear(x))
# %% check_layer | lacks a return
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        self.weight = nn.Parameter(np.random.default_rng(3).uniform(0, 1, (out_features, in_features)))
        self.bias = nn.Parameter(np.zeros(out_features))
    def forward(self, x):
        print(relu(x @ self.weight.T + self.bias))
# %% check_layer | NameError
class MyLayer(nn.Module):
    def __init__(self, in_features, out_features):
        weight = nn.Parameter(np.random.default_rng(3).uniform(0, 1, (out_features, in_features)))
        bias = nn.Parameter(np.zeros(out_features))
    def forward(self, x):
        return relu(x @ weight.T + bias)

# %% check_layer | inherits all it should do from nn.Linear
class MyLayer(nn.Linear):
    def forward(self, x):
        return engine.relu(super().forward(x))
