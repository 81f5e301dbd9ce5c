# %% check_contributions | two numbers, not their sum
into_d = [3]
into_a = [10, 15]

# %% check_contributions | two numbers, not their sum
into_d = 3
into_a = 25

# %% check_contributions | the other factor, a
into_d = [1, 10]
into_a = [10, 15]

# %% check_contributions | must be complete
into_d = [1, 2]
into_a = [10, 5]

# %% check_contributions | the other factor: b
into_d = [1, 2]
into_a = [10, 6]

# %% check_contributions | A number is needed
into_d = ["1 from y", 2]
into_a = [10, 15]

# %% check_culprit | Overwrite would say 1 where mystery says 2
culprit = Overwrite

# %% check_culprit | NoOrder would say 2
culprit = NoOrder

# %% check_culprit | Stale would say 2
culprit = Stale

# %% check_culprit | one of the four classes
culprit = "ParentSet"

# %% check_backward | it does what Overwrite does
def backward(root):
    gradients = {root: 1.0}
    for node in reversed(toposort(root)):
        for i, x in enumerate(node.inputs):
            gradients[x] = gradients[node] * local(node, i)
    return gradients

# %% check_backward | it does what ParentSet does
def backward(root):
    gradients = {root: 1.0}
    for node in reversed(toposort(root)):
        for x in set(node.inputs):
            i = [one is x for one in node.inputs].index(True)
            gradients[x] = gradients.get(x, 0.0) + gradients[node] * local(node, i)
    return gradients

# %% check_backward | from its end
def backward(root):
    gradients = {root: 1.0}
    for node in toposort(root):
        for i, x in enumerate(node.inputs):
            gradients[x] = gradients.get(x, 0.0) + gradients[node] * local(node, i)
    return gradients

# %% check_backward | gradients.get(x, 0.0)
def backward(root):
    gradients = {root: 1.0}
    for node in reversed(toposort(root)):
        for i, x in enumerate(node.inputs):
            gradients[x] += gradients[node] * local(node, i)
    return gradients

# %% check_backward | y = a + a has the derivative 2, and yours gives 4
def backward(root):
    gradients = {root: 2.0}
    for node in reversed(toposort(root)):
        for i, x in enumerate(node.inputs):
            gradients[x] = gradients.get(x, 0.0) + gradients[node] * local(node, i)
    return gradients

# %% check_backward | should return a dictionary
def backward(root):
    gradients = {root: 1.0}
    for node in reversed(toposort(root)):
        for i, x in enumerate(node.inputs):
            gradients[x] = gradients.get(x, 0.0) + gradients[node] * local(node, i)
    return gradients[root]

# %% check_edges | a is input 1
def edges(node):
    return list(enumerate(x for x in node.inputs if isinstance(x, Value)))

# %% check_edges | leads to the constant
def edges(node):
    return list(enumerate(node.inputs))

# %% check_edges | keep both
def edges(node):
    return [(i, x) for x, i in {x: i for i, x in enumerate(node.inputs) if isinstance(x, Value)}.items()]

# %% check_edges | in this order
def edges(node):
    return [(x, i) for i, x in enumerate(node.inputs) if isinstance(x, Value)]

# %% check_edges | each edge should be a pair
def edges(node):
    return [x for x in node.inputs if isinstance(x, Value)]

# %% check_toposort | deeper than Python's calls may nest
def in_order(root):
    order, seen = [], set()

    def visit(node):
        if isinstance(node, Value) and node not in seen:
            seen.add(node)
            for x in node.inputs:
                visit(x)
            order.append(node)

    visit(root)
    return order

# %% check_toposort | the root should come last
def in_order(root):
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Value) and not any(node is one for one in order):
            order.append(node)
            stack += node.inputs
    return order

# %% check_toposort | before one of its inputs
def in_order(root):
    order = {root: 0}
    waiting = [root]
    while waiting:
        for x in waiting.pop(0).inputs:
            if isinstance(x, Value) and x not in order:
                order[x] = len(order)
                waiting.append(x)
    return list(order)[::-1]

# %% check_toposort | compares Values by their numbers
def in_order(root):
    order, stack, seen = [], [(root, False)], []
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.append(node)
            stack.append((node, True))
            stack += [(x, False) for x in node.inputs if isinstance(x, Value)]
    return order

# %% check_toposort | a plain number among the inputs
def in_order(root):
    order, stack, seen = [], [(root, False)], set()
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in getattr(node, "inputs", ())]
    return order

# %% check_toposort | more than once
def in_order(root):
    order, stack = [], [root]
    while stack:
        node = stack.pop()
        order.insert(0, node)
        stack += [x for x in node.inputs if isinstance(x, Value)]
    return order

# %% check_toposort | walks every path
def in_order(root):
    order, stack = {}, [root]
    while stack:
        node = stack.pop()
        order.pop(node, None)
        order[node] = True
        stack += [x for x in node.inputs if isinstance(x, Value)]
    return list(order)[::-1]
