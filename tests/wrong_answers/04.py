# %% check_cube | the rule for x is right up to a factor of 3
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * x * x)

# %% check_cube | it has to return g times the local derivative
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: 3 * x * x)

# %% check_cube | engine's ops
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * np.square(x))

# %% check_cube | takes a number out of the graph
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * float(x) ** 2)

# %% check_cube | the name should be 'my_cube'
def cube_row():
    return engine.elementwise("cube_of_mine", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)

# %% check_cube | give one for each
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g: g, lambda y: y)

# %% check_cube | should return the op
def cube_row():
    return lambda x: x * x * x

# %% check_cube | 2 · 2 · 2
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x, lambda g, y, x: g * 2 * x)

# %% check_share | the rule for b is right up to its sign
def rule_a(g, y, a, b):
    return g * b / (a + b) ** 2

def rule_b(g, y, a, b):
    return g * a / (a + b) ** 2

# %% check_share | with respect to the other input
def rule_a(g, y, a, b):
    return -g * a / (a + b) ** 2

def rule_b(g, y, a, b):
    return g * b / (a + b) ** 2

# %% check_share | it has to return g times the local derivative
def rule_a(g, y, a, b):
    return b / (a + b) ** 2

def rule_b(g, y, a, b):
    return -a / (a + b) ** 2

# %% check_share | the rule for a is not g times the local derivative yet
def rule_a(g, y, a, b):
    return g / (a + b)

def rule_b(g, y, a, b):
    return -g * a / (a + b) ** 2

# %% check_share | so that it can be differentiated again
def rule_a(g, y, a, b):
    return g * b / np.square(a + b)

def rule_b(g, y, a, b):
    return -g * a / np.square(a + b)

# %% check_bump | it has to return g times the local derivative
def rule(g, y, x, k):
    return -2 * x * np.exp(-k * x * x)

# %% check_bump | up to a factor of 3: at 0.5 (k = 3)
def rule(g, y, x, k):
    return g * -2 * x * y

# %% check_bump | so that it can be differentiated again
def rule(g, y, x, k):
    return g * -2 * k * x * np.exp(-k * x * x)

# %% check_bump | up to its sign
def rule(g, y, x, k):
    return g * 2 * k * x * y
