# %% check_summed_axes | you name the axes that it has
x_axes, row_axes, column_axes, table_axes, number_axes = (), (3,), (0, 1, 3), (0, 2), (0, 1, 2, 3)
# %% check_summed_axes | aligned at the right
x_axes, row_axes, column_axes, table_axes, number_axes = (), (0, 1, 2), (1,), (0, 2), (0, 1, 2, 3)
# %% check_summed_axes | sum there too
x_axes, row_axes, column_axes, table_axes, number_axes = (), (0, 1, 2), (3,), (0, 2), (0, 1, 2, 3)
# %% check_summed_axes | a gradient of its own for each place
x_axes, row_axes, column_axes, table_axes, number_axes = (0,), (0, 1, 2), (0, 1, 3), (0, 2), ()
# %% check_summed_axes | as a tuple of ints
x_axes, row_axes, column_axes, table_axes, number_axes = (), "all", (0, 1, 3), (0, 2), ()
# %% check_summed_axes | no axis 4
x_axes, row_axes, column_axes, table_axes, number_axes = (), (0, 1, 4), (0, 1, 3), (0, 2), ()
# %% check_summed_axes | number of shape (): along axis 0
x_axes, row_axes, column_axes, table_axes, number_axes = (), (0, 1, 2), (0, 1, 3), (0, 2), ()
# %% check_summed_axes | an axis is there twice
x_axes, row_axes, column_axes, table_axes, number_axes = (), (0, 0, 1, 2), (0, 1, 3), (0, 2), 0
# %% check_sum_to | a new axis came in front: sum over it, and it is gone: yours raised ValueError
def my_sum_to(g, shape):
    return g.reshape(shape)
# %% check_sum_to | an axis of length 1 was stretched
def my_sum_to(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    return g
# %% check_sum_to | keep it as 1
def my_sum_to(g, shape):
    lead = g.ndim - len(shape)
    axes = [i for i in range(g.ndim) if i < lead or shape[i - lead] == 1]
    return g.sum(axis=tuple(axes))
# %% check_sum_to | two new axes came in front
def my_sum_to(g, shape):
    if g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g
# %% check_sum_to | Yours is the mean
def my_sum_to(g, shape):
    while g.ndim > len(shape):
        g = g.mean(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            g = g.mean(axis=axis, keepdims=True)
    return g
# %% check_sum_to | takes the first of them only
def my_sum_to(g, shape):
    while g.ndim > len(shape):
        g = g[0]
    return g
# %% check_sum_to | of shape (2, 3), is changed after your function
def my_sum_to(g, shape):
    g *= 2
    return g / 2
# %% check_matmul_backward | a transpose is missing
def matmul_backward(g, a, b):
    if len(g) == len(b):
        return g @ b, a @ g
    return g @ b.T, a.T @ g
# %% check_matmul_backward | in the wrong order
def matmul_backward(g, a, b):
    return a.T @ g, g @ b.T
# %% check_matmul_backward | does not take part
def matmul_backward(g, a, b):
    return b.T, a.T
# %% check_matmul_backward | Return two gradients
def matmul_backward(g, a, b):
    return g @ b.T
# %% check_matmul_backward | the gradient of b is right up to its sign
def matmul_backward(g, a, b):
    return g @ b.T, -(a.T @ g)
# %% check_matmul_backward | of shape (2, 4), is changed after your function
def matmul_backward(g, a, b):
    g *= 2
    return g @ b.T / 2, a.T @ g / 2
# %% check_matmul_backward | goes number by number
def matmul_backward(g, a, b):
    return g * b.T, a.T * g
# %% check_matmul_backward | which two fit together
def matmul_backward(g, a, b):
    return b.T @ g, g @ a.T
# %% check_layer_backward | multiplied by 1 − y²
def layer_backward(g, x, w, b):
    return g @ w.T, x.T @ g, g.sum(axis=0)
# %% check_layer_backward | summed over all axes in front
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w.T, x.T @ inner, inner
# %% check_layer_backward | is a mean over the examples
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w.T, x.T @ inner, inner.mean(axis=0)
# %% check_layer_backward | make x and the gradient into matrices first
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w.T, x.T @ inner, inner.reshape(-1, 2).sum(axis=0)
# %% check_layer_backward | Return three gradients
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w.T
# %% check_layer_backward | gw is wrong. On the way back through tanh, g is multiplied by 1 − y²
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w.T, x.T @ g, inner.sum(axis=0)
# %% check_layer_backward | and yours by 1 − y
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b))
    return inner @ w.T, x.T @ inner, inner.sum(axis=0)
# %% check_layer_backward | in yours b is missing
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w) ** 2)
    return inner @ w.T, x.T @ inner, inner.sum(axis=0)
# %% check_layer_backward | is changed after your function
def layer_backward(g, x, w, b):
    g *= 1 - np.tanh(x @ w + b) ** 2
    rows = g.reshape(-1, 2)
    return g @ w.T, x.reshape(-1, 3).T @ rows, rows.sum(axis=0)
# %% check_layer_backward | to give the shape of x? And of w?
def layer_backward(g, x, w, b):
    inner = g * (1 - np.tanh(x @ w + b) ** 2)
    return inner @ w, x.T @ inner, inner.sum(axis=0)
