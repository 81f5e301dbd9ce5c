# %% check_cube | the rule for x is right up to a factor of 3
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * x * x)

# %% check_cube | it has to return g times the local derivative
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: 3 * x * x)

# %% check_cube | with nodes it raised RuntimeError
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * float(x) ** 2)

# %% check_cube | takes a number out of the graph
def cube_row():
    def rule(g, y, x):
        return g * 3 * engine.to_numpy(x) ** 2
    return engine.elementwise("my_cube", lambda x: x * x * x, rule)

# %% check_cube | the name should be 'my_cube'
def cube_row():
    return engine.elementwise("cube_of_mine", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)

# %% check_cube | give one for each
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g: g, lambda y: y)

# %% check_cube | the rule for x gives 0
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: 0.0 * g)

# %% check_cube | it is called as rule(g, y, x)
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, x: g * 3 * x * x)

# %% check_cube | a plain number where it is given plain numbers
def cube_row():
    return engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: Value(g * 3 * x * x))

# %% check_cube | it should be a function that returns it
cube_row = engine.elementwise("my_cube", lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
engine.unregister("my_cube")

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

# %% check_share | the rule for b gives -0.0625 for g = 1 and -0.0625 for g = 2
def rule_a(g, y, a, b):
    return g * b / (a + b) ** 2

def rule_b(g, y, a, b):
    return -a / (a + b) ** 2

# %% check_share | rule_b does not take the arguments
def rule_a(g, y, a, b):
    return g * b / (a + b) ** 2

def rule_b(g, a, b):
    return -g * a / (a + b) ** 2

# %% check_share | the rule for a is not g times the local derivative yet
def rule_a(g, y, a, b):
    return g / (a + b)

def rule_b(g, y, a, b):
    return -g * a / (a + b) ** 2

# %% check_share | so that it can be differentiated again
def rule_a(g, y, a, b):
    return g * b / math.pow(a + b, 2)

def rule_b(g, y, a, b):
    return -g * a / math.pow(a + b, 2)

# %% check_bump | it has to return g times the local derivative
def rule(g, y, x, k):
    return -2 * x * np.exp(-k * x * x)

# %% check_bump | up to a factor of 3: at 0.5 (k = 3)
def rule(g, y, x, k):
    return g * -2 * x * y

# %% check_bump | so that it can be differentiated again
def rule(g, y, x, k):
    return g * -2 * k * x * math.exp(-k * x * x)

# %% check_bump | up to its sign
def rule(g, y, x, k):
    return g * 2 * k * x * y

# %% check_bump | it is called as rule(g, y, x, k=…)
def rule(g, y, x):
    return g * -2 * x * y

# %% check_bump | the rule alone
rule = engine.elementwise(
    "my_bump", lambda x, k=1.0: np.exp(-k * x * x), lambda g, y, x, k: g * -2 * k * x * y
)
engine.unregister("my_bump")
