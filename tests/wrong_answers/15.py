"""Wrong answers to the exercises of notebook 15, and what the hint has to say."""

# %% check_bytes | how many numbers there are
all_results, results_read, in_float32 = 48_000, 16_000, 16_000

# %% check_bytes | they were there before
x, w, b = 8 * 500 * 64, 8 * 64 * 32, 8 * 32
all_results, results_read, in_float32 = 384_000 + x + w + b, 128_000, 64_000

# %% check_bytes | That is one array
all_results, results_read, in_float32 = 128_000, 128_000, 64_000

# %% check_bytes | three ops on the way
all_results, results_read, in_float32 = 256_000, 128_000, 64_000

# %% check_bytes | not 500 × 64
all_results, results_read, in_float32 = 512_000, 128_000, 64_000

# %% check_bytes | not in kilobytes
all_results, results_read, in_float32 = 384, 128, 64

# %% check_bytes | Its input u stands nowhere in it
all_results, results_read, in_float32 = 384_000, 256_000, 128_000

# %% check_bytes | Not all are read
all_results, results_read, in_float32 = 384_000, 384_000, 192_000

# %% check_bytes | It reads y
all_results, results_read, in_float32 = 384_000, 0, 0

# %% check_bytes | they are no results
all_results, results_read, in_float32 = 384_000, 128_000 + 8 * (500 * 64 + 64 * 32), 64_000

# %% check_bytes | so it is half
all_results, results_read, in_float32 = 384_000, 128_000, 256_000

# %% check_bytes | half of results_read
all_results, results_read, in_float32 = 384_000, 128_000, 192_000

# %% check_bytes | one number is needed
all_results, results_read, in_float32 = [128_000] * 3, 128_000, 64_000


# %% check_must_keep | Those are all results
def must_keep(root):
    return sum(node.data.nbytes for node in toposort(root) if node.op)


# %% check_must_keep | x and w are read, but they are no results
def must_keep(root):
    read = set()
    for node in toposort(root):
        if node.op:
            read |= {node if i == -1 else node.inputs[i] for i in node.op.reads}
    return sum(x.data.nbytes for x in read)


# %% check_must_keep | Those are the results of ops whose rules read something
def must_keep(root):
    return sum(node.data.nbytes for node in toposort(root) if node.op and node.op.reads)


# %% check_must_keep | the last input
def must_keep(root):
    read = set()
    for node in toposort(root):
        if node.op:
            read |= {node.inputs[i] for i in node.op.reads}
    return sum(x.data.nbytes for x in read if isinstance(x, Tensor) and x.op)


# %% check_must_keep | count each node once
def must_keep(root):
    total = 0
    for node in toposort(root):
        if node.op:
            for i in node.op.reads:
                x = node if i == -1 else node.inputs[i]
                total += x.data.nbytes if isinstance(x, Tensor) and x.op else 0
    return total


# %% check_must_keep | How many bytes has each
def must_keep(root):
    read = set()
    for node in toposort(root):
        if node.op:
            read |= {node if i == -1 else node.inputs[i] for i in node.op.reads}
    return sum(x.data.size for x in read if isinstance(x, Tensor) and x.op)


# %% check_must_keep | AttributeError
def must_keep(root):
    read = set()
    for node in toposort(root):
        if node.op:
            read |= {node if i == -1 else node.inputs[i] for i in node.op.reads}
    return sum(x.data.nbytes for x in read if x.op)


# %% check_must_keep | both h and h * h are read
def must_keep(root):
    read = {node for node in toposort(root) if node.op and -1 in node.op.reads}
    return sum(node.data.nbytes for node in read)


# %% check_one_at_a_time | a plain number is needed
def train(step, batches):
    total = 0.0
    for batch in batches:
        loss = step(batch)
        loss.backward()
        total += loss
    return total / len(batches)


# %% check_one_at_a_time | 3 earlier graphs were still there
def train(step, batches):
    total = 0.0
    for batch in batches:
        loss = step(batch)
        loss.backward()
        total += loss
    return total.item() / len(batches)


# %% check_one_at_a_time | a sum or a list of nodes
def train(step, batches):
    losses = []
    for batch in batches:
        losses.append(step(batch))
        losses[-1].backward()
    return sum(loss.item() for loss in losses) / len(losses)


# %% check_one_at_a_time | and so does one of loss.data
def train(step, batches):
    losses = []
    for batch in batches:
        loss = step(batch)
        loss.backward()
        losses.append(loss.data)
        del loss
    return np.mean(losses)


# %% check_one_at_a_time | the name loss holds it
def train(step, batches):
    total = 0.0
    for batch in batches:
        loss = step(batch)
        loss.backward()
        total += loss.item()
    return total / len(batches)


# %% check_one_at_a_time | call backward on each loss
def train(step, batches):
    return sum(step(batch).item() for batch in batches) / len(batches)


# %% check_one_at_a_time | this is training, not evaluation
def train(step, batches):
    with no_grad():
        return sum(step(batch).item() for batch in batches) / len(batches)


# %% check_one_at_a_time | one backward pass
def train(step, batches):
    total = 0.0
    for batch in batches:
        loss = step(batch)
        total += loss.item()
    loss.backward()
    return total / len(batches)


# %% check_one_at_a_time | The mean of the losses
def train(step, batches):
    total = 0.0
    for batch in batches:
        loss = step(batch)
        loss.backward()
        total += loss.item()
        del loss
    return total


# %% check_one_at_a_time | step was called 5 times
def train(step, batches):
    first = step(batches[0]).item()
    for batch in batches:
        loss = step(batch)
        loss.backward()
        del loss
    return first


# %% check_same_mask | other random numbers
def checkpointed(f, x, rng):
    with no_grad():
        y = f(x, rng)

    def back(g):
        leaf = x.detach().requires_grad_()
        f(leaf, rng).backward(g)
        return leaf.grad

    return y, back


# %% check_same_mask | The first run has recorded a graph
def checkpointed(f, x, rng):
    leaf = x.detach().requires_grad_()
    y = f(leaf, rng)

    def back(g):
        y.backward(g)
        return leaf.grad

    return y, back


# %% check_same_mask | put it back where it was when back was called
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    with no_grad():
        y = f(x, rng)

    def back(g):
        rng.bit_generator.state = start
        leaf = x.detach().requires_grad_()
        f(leaf, rng).backward(g)
        return leaf.grad

    return y, back


# %% check_same_mask | where does the first one leave the generator
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    with no_grad():
        y = f(x, rng)
    rng.bit_generator.state = start

    def back(g):
        leaf = x.detach().requires_grad_()
        f(leaf, rng).backward(g)
        rng.bit_generator.state = start
        return leaf.grad

    return y, back


# %% check_same_mask | is rng moved before it
def checkpointed(f, x, rng):
    rng.random(x.shape)
    with no_grad():
        y = f(x, rng)
    return y, lambda g: g


# %% check_same_mask | x itself has got a gradient
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    with no_grad():
        y = f(x, rng)

    def back(g):
        now, rng.bit_generator.state = rng.bit_generator.state, start
        x.requires_grad_()
        f(x, rng).backward(g)
        rng.bit_generator.state = now
        return x.grad

    return y, back


# %% check_same_mask | not that of one graph
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    with no_grad():
        y = f(x, rng)

    def back(g):
        now, rng.bit_generator.state = rng.bit_generator.state, start
        leaf = x.detach().requires_grad_()
        f(leaf, rng).sum().backward()
        rng.bit_generator.state = now
        return leaf.grad

    return y, back


# %% check_same_mask | returns two things
def checkpointed(f, x, rng):
    with no_grad():
        return f(x, rng)


# %% check_same_mask | The first is the result of f
def checkpointed(f, x, rng):
    with no_grad():
        return f(x, rng).data, lambda g: g


# %% check_same_mask | The second is a function
def checkpointed(f, x, rng):
    with no_grad():
        return f(x, rng), x


# %% check_same_mask | Your function gives None
def checkpointed(f, x, rng):
    with no_grad():
        f(x, rng)


# %% check_same_mask | back(g) gives None
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    with no_grad():
        y = f(x, rng)

    def back(g):
        now, rng.bit_generator.state = rng.bit_generator.state, start
        leaf = x.detach().requires_grad_()
        f(leaf, rng).backward(g)
        rng.bit_generator.state = now

    return y, back


# %% check_same_mask | back(g) has x's shape
def checkpointed(f, x, rng):
    with no_grad():
        return f(x, rng), lambda g: g.sum()


# %% check_same_mask | Recording is off after your function
def checkpointed(f, x, rng):
    start = rng.bit_generator.state
    no_grad().__enter__()
    y = f(x, rng)

    def back(g):
        now, rng.bit_generator.state = rng.bit_generator.state, start
        leaf = x.detach().requires_grad_()
        with engine.enable_grad():
            f(leaf, rng).backward(g)
        rng.bit_generator.state = now
        return leaf.grad

    return y, back
