"""Wrong answers to the exercises of notebook 16, and what the hint has to say."""

# %% check_bias | That is the gate itself
bias = 0.5 ** (1 / 100)

# %% check_bias | The sign is wrong
f = 0.5 ** (1 / 100)
bias = math.log((1 - f) / f)

# %% check_bias | gone after a single step
bias = 0

# %% check_bias | the logarithm of the gate
bias = math.log(0.5) / 100

# %% check_bias | Its logarithm is the bias
f = 0.5 ** (1 / 100)
bias = f / (1 - f)

# %% check_bias | The gates multiply
f = 1 - 0.5 / 100
bias = math.log(f / (1 - f))

# %% check_bias | 0.99 to the power 100 is 0.37
bias = math.log(0.99 / 0.01)

# %% check_bias | inverse of tanh
bias = math.atanh(0.5 ** (1 / 100))

# %% check_bias | what your bias leaves after 100 steps
bias = 4

# %% check_bias | One number is needed
bias = [4.97, 4.97]


# %% check_through_time | leaves it to the engine
def through_time(xs, h0, u, w):
    a, b = Value(u), Value(w)
    h = h0
    for x in xs:
        h = tanh(a * x + b * h)
    h.backward()
    return a.grad, b.grad


# %% check_through_time | the last step's share alone
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    slope = 1 - states[-1] ** 2
    return slope * xs[-1], slope * states[-2]


# %% check_through_time | += and not =
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g = 1.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u, to_w = g * xs[t], g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | the gradient is multiplied by w
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
    return to_u, to_w


# %% check_through_time | the slope of tanh, 1 − h²
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | with the state after the step
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | The states are tanhs already
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - math.tanh(states[t + 1]) ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | you took the one after it
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t + 1]
        g = g * w
    return to_u, to_w


# %% check_through_time | first u, then w
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_w, to_u


# %% check_through_time | The sign is wrong
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u -= g * xs[t]
        to_w -= g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | a finite difference
def through_time(xs, h0, u, w):
    def last(u, w):
        h = h0
        for x in xs:
            h = math.tanh(u * x + w * h)
        return h

    e = 1e-6
    return (last(u + e, w) - last(u - e, w)) / 2 / e, (last(u, w + e) - last(u, w - e)) / 2 / e


# %% check_through_time | Two numbers are needed
def through_time(xs, h0, u, w):
    h = h0
    for x in xs:
        h = math.tanh(u * x + w * h)
    return h


# %% check_through_time | Your function changed the list
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    while len(xs):
        g = g * (1 - states.pop() ** 2)
        to_u += g * xs.pop()
        to_w += g * states[-1]
        g = g * w
    return to_u, to_w


# %% check_through_time | not for a single one
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * (states[t] if t or len(xs) > 1 else 0.0)
        g = g * w
    return to_u, to_w


# %% check_windows | begin each window from the first state
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        state, loss = h, 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            state = step(x, state)
            loss = loss + ((state - y) ** 2).sum()
        loss.backward()
    return state


# %% check_windows | Your state is not cut
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = loss + ((h - y) ** 2).sum()
        loss.backward()
        h.detach()
    return h


# %% check_windows | You cut the state at every step
def windows(step, xs, ys, h, size):
    for x, y in zip(xs, ys):
        h = step(x, h.detach())
        ((h - y) ** 2).sum().backward()
    return h


# %% check_windows | you have left it out
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs) - size + 1, size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = loss + ((h - y) ** 2).sum()
        loss.backward()
        h = h.detach()
    return h


# %% check_windows | their sum is asked for
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        losses = []
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            losses.append(((h - y) ** 2).sum())
        (sum(losses) / len(losses)).backward()
        h = h.detach()
    return h


# %% check_windows | Only the last loss of each window
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = ((h - y) ** 2).sum()
        loss.backward()
        h = h.detach()
    return h


# %% check_windows | The weights have no gradient
def windows(step, xs, ys, h, size):
    loss = 0.0
    for x, y in zip(xs, ys):
        h = step(x, h)
        loss = loss + ((h - y) ** 2).sum()
    return h


# %% check_windows | Return the last state
def windows(step, xs, ys, h, size):
    start = h
    for first in range(0, len(xs), size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = loss + ((h - y) ** 2).sum()
        loss.backward()
        h = h.detach()
    return start


# %% check_windows | was called 14 times
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        loss, state = 0.0, h
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            state = step(x, state)
            loss = loss + ((state - y) ** 2).sum()
        loss.backward()
        for x in xs[first : first + size]:
            h = step(x, h).detach()
    return h


# %% check_through_time | take the shares first
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * w * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
    return to_u, to_w


# %% check_windows | count again
def windows(step, xs, ys, h, size):
    loss = 0.0
    for t, (x, y) in enumerate(zip(xs, ys), 1):
        h = step(x, h)
        loss = loss + ((h - y) ** 2).sum()
        if t % size == 0 or t == len(xs):
            loss.backward()
            h = h.detach()
    return h


# %% check_windows | Return the last state
def windows(step, xs, ys, h, size):
    states = []
    for first in range(0, len(xs), size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            states.append(h)
            loss = loss + ((h - y) ** 2).sum()
        loss.backward()
        h = h.detach()
    return states


# %% check_bias | natural logarithm
f = 0.5 ** (1 / 100)
bias = math.log10(f / (1 - f))

# %% check_bias | its power 100 is 0.5
f = 0.5**100
bias = math.log(f / (1 - f))

# %% check_bias | A finite number
bias = float("nan")


# %% check_through_time | and not by u
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * u
    return to_u, to_w


# %% check_through_time | Your loop goes forwards
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in range(len(xs)):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | begins at 1
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = states[-1], 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | The first step is missing
def through_time(xs, h0, u, w):
    states = [h0]
    for x in xs:
        states.append(math.tanh(u * x + w * states[-1]))
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(1, len(xs))):
        g = g * (1 - states[t + 1] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t]
        g = g * w
    return to_u, to_w


# %% check_through_time | index of −1
def through_time(xs, h0, u, w):
    states, h = [], h0
    for x in xs:
        h = math.tanh(u * x + w * h)
        states.append(h)
    g, to_u, to_w = 1.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        g = g * (1 - states[t] ** 2)
        to_u += g * xs[t]
        to_w += g * states[t - 1]
        g = g * w
    return to_u, to_w


# %% check_windows | mean of the squares
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = loss + ((h - y) ** 2).mean()
        loss.backward()
        h = h.detach()
    return h


# %% check_windows | does not depend on the weights
def windows(step, xs, ys, h, size):
    for first in range(0, len(xs), size):
        loss = 0.0
        for x, y in zip(xs[first : first + size], ys[first : first + size]):
            h = step(x, h)
            loss = loss + ((h.detach() - y) ** 2).sum()
        loss.backward()
        h = h.detach()
    return h


# %% check_windows | before backward was called
def windows(step, xs, ys, h, size):
    loss = 0.0
    for t, (x, y) in enumerate(zip(xs, ys)):
        h = step(x, h if t % size else h.detach())
        loss = loss + ((h - y) ** 2).sum()
    loss.backward()
    return h
