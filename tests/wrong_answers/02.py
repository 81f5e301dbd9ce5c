# Typical wrong answers to the exercises of notebook 02, and what the hint has to say.
# %% check_formula | put brackets around each sum
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return f"tanh({parts[0]})" if y.op == "tanh" else f"{parts[0]} {y.op} {parts[1]}"
# %% check_formula | formula calls itself
def formula(y):
    if not y.op:
        return y.label
    parts = [x.label for x in y.inputs]
    return f"tanh({parts[0]})" if y.op == "tanh" else f"({parts[0]} {y.op} {parts[1]})"
# %% check_formula | not their numbers
def formula(y):
    if not y.op:
        return y.label or "x"
    parts = [str(x.data) for x in y.inputs]
    return f"({parts[0]} {y.op} {parts[1]})"
# %% check_formula | tanh has one input
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return "(" + f" {y.op} ".join(parts) + ")"
# %% check_formula | IndexError
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return f"({parts[0]} {y.op} {parts[1]})"
# %% check_formula | stands on the left
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return f"tanh({parts[0]})" if y.op == "tanh" else f"({parts[1]} {y.op} {parts[0]})"
# %% check_formula | it is its label
def formula(y):
    return str(y.data)
# %% check_formula | A formula is a text
def formula(y):
    return y
# %% check_subtraction | has to be a Value
def sub(self, other):
    return self.data - other.data
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | has to remember its inputs
def sub(self, other):
    return Value(self.data - other.data, "-")
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | the Values themselves
def sub(self, other):
    return Value(self.data - other.data, "-", (other, self))
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | remember the op '-'
def sub(self, other):
    return Value(self.data - other.data, "+", (self, other))
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | look at the sign
def sub(self, other):
    return Value(self.data - other.data, "-", (self, other))
def sub_rule(g, y, a, b):
    return g, g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | multiply them by g
def sub(self, other):
    return Value(self.data - other.data, "-", (self, other))
def sub_rule(g, y, a, b):
    return 1.0, -1.0
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | a part for each input
def sub(self, other):
    return Value(self.data - other.data, "-", (self, other))
def sub_rule(g, y, a, b):
    return g - g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_exp_and_relu | even for one input: (part,)
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return g * y
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | exp is its own derivative
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * x,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | y is exp(x) already
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * math.exp(y),)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | the slope there is 1
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g * y,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | nothing gets through
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | the convention is 0
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g if x >= 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | The data of relu(x) for x = -3
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(self.data, "relu", (self,))
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_order | it still calls itself
def in_order(root):
    order, seen = [], set()
    def visit(node):
        if node not in seen:
            seen.add(node)
            for x in node.inputs:
                visit(x)
            order.append(node)
    visit(root)
    return order
# %% check_order | stands before its input
def in_order(root):
    order, todo = [], [root]
    while todo:
        node = todo.pop()
        if node not in order:
            order.append(node)
            todo.extend(node.inputs)
    return order
# %% check_order | stands before its input
def in_order(root):
    order, todo, seen = [], [root], set()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            order.append(node)
            todo.extend(node.inputs)
    return order[::-1]
# %% check_order | more than once
def in_order(root):
    order, todo = [], [(root, False)]
    while todo:
        node, ready = todo.pop()
        if ready:
            order.append(node)
        else:
            todo.append((node, True))
            todo.extend((x, False) for x in node.inputs)
    return order
# %% check_order | Remember which nodes you have seen
def in_order(root):
    order, todo = [], [(root, False)]
    while todo:
        node, ready = todo.pop()
        if ready:
            if node not in order:
                order.append(node)
        else:
            todo.append((node, True))
            todo.extend((x, False) for x in node.inputs)
    return order
# %% check_order | is missing
def in_order(root):
    order, todo, seen = [], [(root, False)], set()
    while todo:
        node, ready = todo.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            todo.append((node, True))
            todo.extend((x, False) for x in node.inputs)
    return order[:-1]
# %% check_formula | brackets behind the name
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return f"tanh {parts[0]}" if y.op == "tanh" else f"({parts[0]} {y.op} {parts[1]})"
# %% check_formula | between its two inputs
def formula(y):
    if not y.op:
        return y.label
    return y.op + "(" + ", ".join(formula(x) for x in y.inputs) + ")"
# %% check_formula | look at the signs
def formula(y):
    if not y.op:
        return y.label
    parts = [formula(x) for x in y.inputs]
    return f"tanh({parts[0]})" if y.op == "tanh" else f"({parts[0]} * {parts[1]})"
# %% check_subtraction | Subtract their data
def sub(self, other):
    return Value(self - other, "-", (self, other))
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_subtraction | has to be a new Value
def sub(self, other):
    self.data -= other.data
    self.op, self.inputs = "-", (self, other)
    return self
def sub_rule(g, y, a, b):
    return g, -g
Value.__sub__, RULES["-"] = sub, sub_rule
# %% check_exp_and_relu | written with a comma
def exp(self):
    return Value(math.exp(self.data), "exp", (self))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | lets a negative g through
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return Value(max(self.data, 0.0), "relu", (self,))
def relu_rule(g, y, x):
    return (max(g, 0.0) if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_exp_and_relu | has to be a new Value
def exp(self):
    return Value(math.exp(self.data), "exp", (self,))
def exp_rule(g, y, x):
    return (g * y,)
def relu(self):
    return self if self.data > 0 else Value(0.0)
def relu_rule(g, y, x):
    return (g if x > 0 else 0.0,)
Value.exp, Value.relu = exp, relu
RULES["exp"], RULES["relu"] = exp_rule, relu_rule
# %% check_order | a list of nodes is asked for
def in_order(root):
    return root
