"""Programs of the scalar tier for tests: an engine of one page that writes its steps down."""

import itertools
import math
import random
import re
import struct

from engine.writing.rolling import rolled
from engine.writing.straight_line import Leaf, Result, Step, StraightLine

RULES = {  # form: what reaches each input, of g, the inputs and the result
    "{0} + {1}": ("{g}", "{g}"),
    "{0} - {1}": ("{g}", "-{g}"),
    "{0} * {1}": ("{g} * {1}", "{g} * {0}"),
    "tanh({0})": ("{g} * (1.0 - {y} * {y})",),
    "{0} if {0} > 0.0 else 0.0": ("{g} if {0} > 0.0 else 0.0",),
}


def placed(rule, operands):
    """The rule as a form, and what stands in its places."""
    used = []

    def place(match):
        x = operands[match[1]]
        if x not in used:
            used.append(x)
        return f"{{{used.index(x)}}}"

    return re.sub(r"\{(\w)\}", place, rule), used


class Tape:
    """Steps as they are recorded; numbers of leaves and constants are negative until `program`."""

    def __init__(self):
        self.leaves, self.constants, self.steps = [], [], []

    def leaf(self, name, place=None):
        self.leaves.append(Leaf(name, place))
        return ("leaf", len(self.leaves) - 1)

    def constant(self, x):
        if repr(x) not in self.constants:
            self.constants.append(repr(x))
        return ("constant", self.constants.index(repr(x)))

    def step(self, form, *reads, **said):
        self.steps.append((form, reads, said))
        return ("step", len(self.steps) - 1)

    def add(self, a, b, **said):
        return self.step("{0} + {1}", a, b, **said)

    def mul(self, a, b, **said):
        return self.step("{0} * {1}", a, b, **said)

    def relu(self, a, **said):
        return self.step("{0} if {0} > 0.0 else 0.0", a, **said)

    def tanh(self, a, **said):
        return self.step("tanh({0})", a, **said)

    def sum(self, terms, start):
        for term in terms:
            start = self.add(start, term)
        return start

    def in_order_of(self, root):
        """The steps that root needs, in the order in which a walk from it finishes them."""
        order, seen, stack = [], set(), [(root, False)]
        while stack:
            x, done = stack.pop()
            if done:
                order.append(x)
            elif x not in seen and x[0] == "step":
                seen.add(x)
                stack.append((x, True))
                stack += [(read, False) for read in reversed(self.steps[x[1]][1])]
        return order

    def program(self, root, wrt=(), created=False):
        """root and the gradients of the leaves `wrt`, backward as micrograd walks."""
        order = sorted(self.in_order_of(root)) if created else self.in_order_of(root)
        for x in order:
            self.steps[x[1]][2].setdefault("part", "forward")
        adjoints = {root: self.constant(1.0)}
        backward = []
        for x in reversed(order) if wrt else ():
            form, reads, _ = self.steps[x[1]]
            g = adjoints[x]
            for read, rule in zip(reads, RULES[form], strict=True):
                if read[0] == "constant":
                    continue
                part = g
                if rule != "{g}":
                    operands = {"g": g, "y": x} | {str(i): r for i, r in enumerate(reads)}
                    rule, used = placed(rule, operands)
                    part = self.step(rule, *used, of=x, part="backward", comment="rule")
                    backward.append(part)
                if read in adjoints:
                    part = self.add(adjoints[read], part, of=x, part="backward", comment="sum")
                    backward.append(part)
                adjoints[read] = part
        order += backward
        zero = self.constant(0.0)
        numbers = {x: i for i, x in enumerate(order)}
        first = len(self.leaves) + len(self.constants)

        def number(x):
            kind, i = x
            return {"leaf": i, "constant": len(self.leaves) + i}.get(
                kind, first + numbers.get(x, 0)
            )

        steps = []
        for x in order:
            form, reads, said = self.steps[x[1]]
            if "of" in said:
                said = said | {"of": number(said["of"])}
            steps.append(Step(form, tuple(map(number, reads)), **said))
        results = [Result("loss", number(root))]
        groups = {}
        for x in wrt:
            leaf = self.leaves[x[1]]
            groups.setdefault(leaf.name, []).append(number(adjoints.get(x, zero)))
            if leaf.place is None:
                groups[leaf.name] = groups[leaf.name][0]
        results += [Result(f"d_{name}", values) for name, values in groups.items()]
        return StraightLine(self.leaves, self.constants, steps, results)


def unrolled(program):
    """The program's values one by one, as Python computes them: the reference."""
    space = dict(vars(math))

    def run(**arguments):
        values = []
        for leaf in program.leaves:
            x = arguments[leaf.name]
            values.append(x if leaf.place is None else x[leaf.place])
        values += [eval(text, space) for text in program.constants]
        compiled = {}
        for step in program.steps:
            if step.form not in compiled:
                names = [f"a{i}" for i in range(len(step.reads))]
                text = step.form.format(*names)
                compiled[step.form] = eval(f"lambda {', '.join(names)}: {text}", space)
            values.append(compiled[step.form](*[values[r] for r in step.reads]))
        return [
            values[r.values] if isinstance(r.values, int) else [values[v] for v in r.values]
            for r in program.results
        ]

    return run


def text_of(program):
    """The rolled program as a function."""
    arguments = dict.fromkeys(leaf.name for leaf in program.leaves)
    lines = [f"def f({', '.join(arguments)}):", *(f"    {line}" for line in rolled(program).text())]
    return "\n".join(lines) + "\n"


def bits(x):
    """Every bit of numbers in lists; one nan is as good as another."""
    if isinstance(x, list | tuple):
        return [bits(part) for part in x]
    return "nan" if x != x else struct.pack("d", x)


def arguments_for(program, seed=0, specials=()):
    """Numbers for the leaves; some of them the special ones."""
    rng = random.Random(seed)
    given = {}
    for leaf in program.leaves:
        x = rng.choice(specials) if specials and rng.random() < 0.3 else rng.uniform(-1, 1)
        if leaf.place is None:
            given[leaf.name] = x
        else:
            given.setdefault(leaf.name, {})[leaf.place] = x
    return {
        name: [x.get(i, 0.0) for i in range(max(x) + 1)] if isinstance(x, dict) else x
        for name, x in given.items()
    }


def checked(program, seed=0, specials=()):
    """The text, after it was run and every bit compared with the steps one by one."""
    text = text_of(program)
    space = dict(vars(math))
    exec(text, space)
    given = arguments_for(program, seed, specials)
    got = space["f"](**given)
    got = [got] if len(program.results) == 1 else list(got)
    assert bits(got) == bits(unrolled(program)(**given)), text
    return text


def mlp(samples, sizes, created=False, seed=0):
    """The loss of micrograd's demo, max-margin with L2, and its gradients: one list of leaves p."""
    rng, tape = random.Random(seed), Tape()
    layers, p = [], []
    for inputs, outputs in itertools.pairwise(sizes):
        layers.append([])
        for _ in range(outputs):
            neuron = [tape.leaf("p", len(p) + i) for i in range(inputs + 1)]
            layers[-1].append(neuron)
            p += neuron
    losses = []
    for _ in range(samples):
        h = [tape.constant(rng.uniform(-1, 1)) for _ in range(sizes[0])]
        y = tape.constant(rng.choice([-1.0, 1.0]))
        for layer in layers:
            sums = [
                tape.sum([tape.mul(w, x) for w, x in zip(ws, h, strict=True)], b)
                for *ws, b in layer
            ]
            h = [tape.relu(x) for x in sums] if layer is not layers[-1] else sums
        margin = tape.add(tape.mul(tape.mul(y, h[0]), tape.constant(-1.0)), tape.constant(1.0))
        losses.append(tape.relu(margin))
    data = tape.mul(tape.sum(losses, tape.constant(0.0)), tape.constant(1 / samples))
    norm = tape.sum([tape.mul(x, x) for x in p], tape.constant(0.0))
    loss = tape.add(data, tape.mul(norm, tape.constant(1e-4)))
    return tape.program(loss, p, created)


FORMS = [*RULES, "{0} + {1}", "{0} * {1}"]
KINDS = ["near", "carried", "leaf", "leaves", "constant", "fixed", "stream"]


class Planted:
    """A random program with planted repeats, some of them with a fault in the middle."""

    def __init__(self, seed, faults):
        self.rng, self.tape, self.faults = random.Random(seed), Tape(), faults
        rng = self.rng
        self.xs = [self.tape.leaf("x", i) for i in range(rng.randint(1, 6))]
        self.ws = [self.tape.leaf(f"w{i}") for i in range(rng.randint(1, 5))]
        self.cs = [self.tape.constant(c) for c in (0.0, 1.0, 2.0, -1.0)]
        self.values = [*self.xs, *self.ws, *self.cs]
        for _ in range(rng.randint(1, 4)):
            self.plant()

    def plant(self):
        """A block of steps, repeated in up to two loops."""
        rng, length = self.rng, self.rng.randint(1, 5)
        forms = [rng.choice(FORMS) for _ in range(length)]
        block = [
            (form, [self.slot(length) for _ in RULES[form]]) for form in forms
        ]  # fmt: skip
        fixed = rng.choice(self.values)
        for outer in range(rng.choice([1, 1, 2, 3, 4])):
            for inner in range(rng.randint(2, 6)):
                for form, slots in block:
                    if rng.random() < self.faults / 2:
                        continue  # a missing element
                    reads = [self.read(*slot, outer, inner, fixed) for slot in slots]
                    said = {"name": rng.choice("hs")} if rng.random() < 0.1 else {}
                    self.values.append(self.tape.step(form, *reads, **said))

    def slot(self, length):
        return self.rng.choice(KINDS), self.rng.randint(1, length + 2), self.rng.randint(0, 100)

    def read(self, kind, back, n, outer, inner, fixed):
        if self.rng.random() < self.faults:
            return self.rng.choice(self.values)  # one operand is another
        if kind == "carried" and inner == 0:
            return self.ws[n % len(self.ws)] if n % 2 else fixed
        if kind in ("near", "carried"):
            return self.values[-min(back, len(self.values))]
        if kind == "leaf":
            return (self.xs + self.ws)[n % (len(self.xs) + len(self.ws))]
        if kind == "leaves":
            return self.xs[(inner + outer * (n % 2)) % len(self.xs)]
        if kind == "constant":
            return self.cs[(n + inner * (n % 3)) % 4]
        if kind == "fixed":
            return fixed
        return self.values[(n + inner * (n % 4) + outer * (n % 3)) % len(self.values)]

    def program(self):
        rng, root = self.rng, self.tape.add(self.values[-1], self.cs[1])
        for x in rng.sample(self.values, min(len(self.values), rng.randint(0, 6))):
            root = self.tape.add(root, x)
        wrt = rng.choice([[], self.ws, [*self.xs, *self.ws]])
        return self.tape.program(root, wrt, created=rng.random() < 0.5)
