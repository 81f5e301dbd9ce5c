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
# %% check_init | each layer multiplies it by 1.4
std = 0.1
# %% check_init | not its deviation
std = np.sqrt(6/400)
# %% check_init | too small
std = 1/np.sqrt(3*400)
# %% check_momentum | first w, then the velocity
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + gradient
    return v, w - lr*v
# %% check_momentum | bring the velocity up to date first
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + gradient
    return w - lr*velocity, v
# %% check_momentum | return the old velocity
def momentum_step(w, velocity, gradient, lr, momentum):
    return w - lr*(momentum * velocity + gradient), velocity
# %% check_momentum | lr is inside your velocity
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + lr*gradient
    return w - v, v
# %% check_momentum | has the other sign
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity - gradient
    return w + lr*v, v
# %% check_momentum | uphill
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity - gradient
    return w - lr*v, v
# %% check_momentum | where is lr
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + gradient
    return w - v, v
# %% check_momentum | Nesterov
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + gradient
    return w - lr*(gradient + momentum*v), v
# %% check_momentum | belongs to the old velocity
def momentum_step(w, velocity, gradient, lr, momentum):
    v = velocity + momentum*gradient
    return w - lr*v, v
# %% check_momentum | is None
def momentum_step(w, velocity, gradient, lr, momentum):
    v = momentum * velocity + gradient
    w -= lr*v
    return None, v
