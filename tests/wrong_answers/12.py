# %% check_by_hand | what arrives at u, times b, and a is used twice
def by_hand(a, b):
    u = a * b
    y = u * u + a
    d_u = u + u
    return y, d_u * b, d_u * a

# %% check_by_hand | d_b at a = 2.0, b = 3.0: what arrives at u, along both edges to u * u, times a. Yours gives 12
def by_hand(a, b):
    u = a * b
    y = u * u + a
    d_u = u
    return y, 1 + d_u * b, d_u * a

# %% check_by_hand | d_b at a = 2.0, b = 3.0
def by_hand(a, b):
    u = a * b
    y = u * u + a
    d_u = u + u
    return y, d_u * a, 1 + d_u * b

# %% check_by_hand | should return three numbers, y, d_a and d_b
def by_hand(a, b):
    u = a * b
    d_u = u + u
    return 1 + d_u * b, d_u * a

# %% check_by_hand | d_b at a = -0.5, b = 1.5
def by_hand(a, b):
    return (a * b) ** 2 + a, 37.0, 24.0

# %% check_by_hand | the forward half is given
def by_hand(a, b):
    u = a * b
    d_u = u + u
    return u * u, 1 + d_u * b, d_u * a

# %% check_by_hand | A number is needed
def by_hand(a, b):
    u = a * b
    d_u = u + u
    return u * u + a, "1 + d_u * b", d_u * a

# %% check_kept | a, b: not made by the forward half of first_and_gradients
def kept(program):
    forward, backward = program.split("# backward")
    return set(names_in(forward)) & set(names_in(backward.split("return")[0]))

# %% check_kept | total: not read by the backward half (the line of the return is not backward) of layer_and
def kept(program):
    forward, backward = program.split("# backward")
    made = {line.split(" = ")[0].strip() for line in forward.splitlines() if " = " in line}
    return made & set(names_in(backward))

# %% check_kept | u: not read by the backward half of first_and_gradients
def kept(program):
    forward, backward = program.split("# backward")
    return {line.split(" = ")[0].strip() for line in forward.splitlines() if " = " in line}

# %% check_kept | v, y: missing, but read by the backward half of first_and_gradients
def kept(program):
    return set()

# %% check_kept | should return a set of names
def kept(program):
    return "v, y"

# %% check_kept | v, y: not read by the backward half of layer_and_gradients
def kept(program):
    return {"v", "y"}

# %% check_lines | is read before all of it has arrived
def lines(root):
    written = []
    for node in toposort(root):
        if node.op is not None:
            inputs = [Name(x.label) for x in node.inputs]
            for x, rule in zip(node.inputs, node.op.vjps):
                g = Name(f"d_{node.label}")
                written.append(f"d_{x.label} += {rule(g, Name(node.label), *inputs)}")
    return written

# %% check_lines | is added up, with +=
def lines(root):
    written = []
    for node in reversed(toposort(root)):
        if node.op is not None:
            inputs = [Name(x.label) for x in node.inputs]
            for x, rule in zip(node.inputs, node.op.vjps):
                g = Name(f"d_{node.label}")
                written.append(f"d_{x.label} = {rule(g, Name(node.label), *inputs)}")
    return written

# %% check_lines | Which names does the rule get?
def lines(root):
    written = []
    for node in reversed(toposort(root)):
        if node.op is not None:
            inputs = [Name(x.label) for x in reversed(node.inputs)]
            for x, rule in zip(node.inputs, node.op.vjps):
                g = Name(f"d_{node.label}")
                written.append(f"d_{x.label} += {rule(g, Name(node.label), *inputs)}")
    return written

# %% check_lines | None of them adds to d_
def lines(root):
    written = []
    for node in reversed(toposort(root)):
        if node.op is not None:
            inputs = [Name(x.label) for x in node.inputs]
            g, x = Name(f"d_{node.label}"), node.inputs[0]
            written.append(f"d_{x.label} += {node.op.vjps[0](g, Name(node.label), *inputs)}")
    return written

# %% check_lines | does not run: name 'node' is not defined
def lines(root):
    return ["d_a += node.grad"]

# %% check_lines | should return a list of texts
def lines(root):
    return "d_a += (d_u * b)"

# %% check_lines | should return a list of texts
def lines(root):
    return [Name("d_a")]

# %% check_lines | d_u is read before all of it has arrived
def lines(root):
    parts = {}
    for node in reversed(toposort(root)):
        if node.op is not None:
            inputs = [Name(x.label) for x in node.inputs]
            for x, rule in zip(node.inputs, node.op.vjps):
                part = rule(Name(f"d_{node.label}"), Name(node.label), *inputs)
                parts.setdefault(f"d_{x.label}", []).append(f"{part}")
    return [f"{name} = {' + '.join(found)}" for name, found in parts.items()]
