# %% check_init | the deviation is its root
std = 2 / 400
# %% check_init | relu throws half away
std = 1 / np.sqrt(400)
# %% check_init | gain of tanh
std = 5 / 3 / np.sqrt(400)
# %% check_init | too large
std = 1.0
# %% check_runs | Run A is something else. Look at its last panel
answers = {"A": "vanishing gradient", "B": "vanishing gradient", "C": "rate too low"}
# %% check_runs | Run C is something else. Look at its third panel
answers = {"A": "dead units", "B": "vanishing gradient", "C": "vanishing gradient"}
# %% check_runs | is not one of
answers = {"A": "dead", "B": "vanishing gradient", "C": "rate too low"}
# %% check_momentum | uphill
def momentum_step(w, velocity, gradient, lr, momentum):
    velocity = momentum * velocity + gradient
    return w + lr * velocity, velocity
# %% check_momentum | added whole
def momentum_step(w, velocity, gradient, lr, momentum):
    velocity = momentum * velocity + (1 - momentum) * gradient
    return w - lr * velocity, velocity
# %% check_momentum | plain SGD
def momentum_step(w, velocity, gradient, lr, momentum):
    velocity = momentum * velocity + gradient
    return w - lr * gradient, velocity
# %% check_momentum | never fades
def momentum_step(w, velocity, gradient, lr, momentum):
    velocity = velocity + gradient
    return w - lr * velocity, velocity
# %% check_momentum | Return two
def momentum_step(w, velocity, gradient, lr, momentum):
    return w - lr * (momentum * velocity + gradient)
# %% check_diagnose | Here the gradients are as large
def diagnose(history):
    return "healthy"
# %% check_diagnose | Ask that first
def diagnose(history):
    weights = [name for name in history.parameters() if name.endswith("weight")]
    gradients = [history.parameter(name, "mean")[1][-1] for name in weights]
    ratios = [np.median(history.parameter(name, "ratio")[1]) for name in weights]
    dead = [history.activation(name, "dead")[1][-1] for name in history.activations()]
    losses = history.series("loss")[1]
    if max(dead) > 0.9:
        return "dead units"
    if gradients[0] < 1e-2 * gradients[-1]:
        return "vanishing gradient"
    if max(losses) > 2 * losses[0]:
        return "rate too high"
    if max(ratios) < 1e-4:
        return "rate too low"
    return "healthy"
# %% check_diagnose | some units are dead in healthy runs too
def diagnose(history):
    dead = [history.activation(name, "dead")[1][-1] for name in history.activations()]
    return "dead units" if max(dead) > 0 else "healthy"
# %% check_diagnose | which is none of
def diagnose(history):
    return "fine"
