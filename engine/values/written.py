"""The scalar tier's fast paths, written from the rows: how an op is recorded, and its backward.

For each op two functions come out, Python text that can be read (`op.source`).  What a row says
stands in them as Python's own arithmetic; where that would raise, or gives no float, the row itself
is asked, by IEEE 754.  An op is written on its first use, one with parameters for each of their
kinds: numbers are read from the node, what else there is (None, a name) is decided here.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

from ..core import PYTHON_RAISES, Op
from ..recording import ATTENTION
from ..symbols import (
    FLOAT,
    Names,
    Term,
    compiled,
    followed,
    indented,
    numeric_kind,
    scalar_form,
    shared,
    tuple_of,
)
from .backward import push_any, push_wide

_RAISING = (ast.Div, ast.Pow, ast.Mod, ast.FloorDiv)
#: Names that a text has for something else.
_OWN = "g y x a b c d e f h t t1 t2 t3 t4 t5 t6 t7 t8 t9 node inputs params type int bool TypeError"


_UPDATE = ["    if node_a.op is None:", "        return node_a.updated(op, node_b)"]


class Page:
    """The functions of one op, with parameters of one kind, line by line."""

    def __init__(self, op: Op, params: dict[str, Any], tier: Any) -> None:
        self.op, self.params = op, params
        known = {
            "op": op, "on_floats": op.on_floats, "scalar": op.scalar, "Value": tier, "float": float,
            "new": object.__new__, "threads": ATTENTION.threads, "attended": tier.attended,
            "RAISES": PYTHON_RAISES, "record_any": tier.record_any, "push_any": push_any,
        }  # fmt: skip
        self.numbers = ("x",) if op.n_inputs == 1 else tuple("abcdefh"[: op.n_inputs])
        own = [f"{kind}_{x}" for x in self.numbers for kind in ("node", "to")]
        self.names = Names(known, [*_OWN.split(), *own], quick=True)
        #: Parameters that are numbers, by the name they have here.
        self.read = {k: self.names.variable(k) for k, x in params.items() if numeric_kind(x)}

    def _asked(self) -> tuple[list[Term], dict[str, Any]]:
        inputs = [Term.named(x, self.names) for x in self.numbers]
        params = {
            k: Term.named(self.read[k], self.names, numeric_kind(x)) if k in self.read else x
            for k, x in self.params.items()
        }
        return inputs, params

    def form(self) -> Term:
        """The op itself."""
        inputs, params = self._asked()
        return scalar_form(self.op, self.names, tuple(inputs), params)

    def rules(self) -> list[Term]:
        """What each rule says; 0.0 where no gradient flows."""
        inputs, params = self._asked()
        g, y = Term.named("g", self.names), Term.named("y", self.names)
        rules = self.op.vjps
        return [g.of(0.0 if r is None else followed(r, g, y, *inputs, **params)) for r in rules]

    # --- recording ---

    def record(self, self_is: int | None = None, updates: bool = False) -> list[str]:
        """A function that applies the op; as a method with the input `self_is` first, a Value.

        One that `updates` leaves it to `updated` what `a += b` does to a leaf.
        """
        if self.op.in_slots and self.op.n_inputs == 1:
            self_is = 0
        form, inputs = self.form(), [f"node_{x}" for x in self.numbers]
        given = inputs[::-1] if self_is == 1 else inputs
        take = [f"{k} = params[{key!r}]" for key, k in self.read.items()]
        if not self.op.in_slots:
            given, take = ["inputs", "params"], [f"{tuple_of(inputs)} = inputs", *take]
        for i, x in enumerate(self.numbers):
            take += [f"{x} = node_{x}._held"] if i == self_is else self._number(x)
        keep = (*inputs, "None")[:2] if self.op.in_slots else (tuple_of(inputs), "params")
        return [
            f"def record({', '.join(given)}):",
            *(_UPDATE if updates else []),
            *indented(take + self._computed(form, *keep)),
        ]

    def record_many(self) -> list[str]:
        """`record` for a fused op of any number of numbers."""
        return [
            "def record(*inputs):",
            "    x = [x if type(x) is float else x._held for x in inputs]",
            "    try:",
            "        y = scalar(*x)",
            "        if type(y) is not float:",
            "            y = float(y)",
            "    except RAISES:",
            "        y = on_floats(*x)",
            *indented(_node("y", "inputs", "None")),
        ]

    def _number(self, x: str) -> list[str]:
        inputs = tuple_of([f"node_{x}" for x in self.numbers])
        given = f"{inputs}, {'{}' if self.op.in_slots else 'params'}"
        return [
            f"if type(node_{x}) is Value:",
            f"    {x} = node_{x}._held",
            f"elif type(node_{x}) is float:",
            f"    {x} = node_{x}",
            f"elif type(node_{x}) is int or type(node_{x}) is bool:",
            f"    {x} = node_{x} = float(node_{x})",
            "else:",
            f"    return record_any(op, {given})",
        ]

    def _computed(self, form: Term, *keep: str) -> list[str]:
        common, (code,) = shared([form.code])
        lines, text = _assigned(common), ast.unparse(code)
        if form.kind == FLOAT and not _may_raise(form.code):
            return [*lines, *_node(text, *keep)]
        lines += [f"y = {text}"]
        given = [*self.numbers, *(f"{key}={k}" for key, k in self.read.items())]
        given += [f"{key}={x!r}" for key, x in self.params.items() if key not in self.read]
        again = f"y = on_floats({', '.join(given)})"
        if form.kind != FLOAT:
            lines += ["if type(y) is not float:", f"    {again}"]
        if _may_raise(form.code):
            lines = ["try:", *indented(lines), "except RAISES:", f"    {again}"]
        return [*lines, *_node("y", *keep)]

    # --- backward ---

    def push(self) -> list[str]:
        """A function that adds to the adjoint of each input what its rule says."""
        rules, nodes = self.rules(), [f"node_{x}" for x in self.numbers]
        if len(nodes) == 1:
            body = self._added(rules, [0], [])
        elif self.op.in_slots:
            body = [
                "if type(node_b) is float:",
                *indented(self._added(rules, [0], [1])),
                "elif type(node_a) is float:",
                *indented(self._added(rules, [1], [0])),
                "else:",
                *indented(self._added(rules, [0, 1], [])),
            ]
        else:
            body = self._added_where_nodes(rules)
        slots = [f"{x} = node.{slot}" for x, slot in zip(nodes, ("_a", "_b"), strict=False)]
        body = [*(slots if self.op.in_slots else [f"{tuple_of(nodes)} = node._a"]), *body]
        if not _sure(rules):
            body = ["try:", *indented(body), "except RAISES:", "    push_any(node, g)"]
        return ["def push(node, g):", *indented(body)]

    def _taken(self, used: list[ast.expr], constants: list[int] | None) -> list[str]:
        """The lines that take from the node what is used; None: which are constants is asked."""
        names = {n.id for code in used for n in ast.walk(code) if isinstance(n, ast.Name)}
        lines = []
        for i, x in enumerate(self.numbers):
            held = f"node_{x}" if constants and i in constants else f"node_{x}._held"
            held = f"node_{x} if type(node_{x}) is float else {held}" if constants is None else held
            lines += [f"{x} = {held}"] if x in names else []
        lines += ["y = node._held"] if "y" in names else []
        return lines + [f"{k} = node._b[{key!r}]" for key, k in self.read.items() if k in names]

    def _added(self, rules: list[Term], to: list[int], constants: list[int]) -> list[str]:
        """The lines for the inputs `to`; nothing is added before all rules have answered."""
        common, parts = shared([rules[i].code for i in to])
        lines = self._taken([*parts, *(code for _, code in common)], constants)
        lines += _assigned(common)
        add = []
        for i, code in zip(to, parts, strict=True):
            x, part = self.numbers[i], ast.unparse(code)
            if rules[i].kind != FLOAT or (len(to) > 1 and _may_raise(rules[i].code)):
                lines.append(f"to_{x} = {part}")
                part = f"to_{x}"
            lines += _checked(rules[i], part)
            add.append(f"node_{x}._adjoint += {part}")
        return lines + add

    def _added_where_nodes(self, rules: list[Term]) -> list[str]:
        """The lines for several inputs, of which any may be a constant."""
        lines, add = self._taken([rule.code for rule in rules], None), []
        for x, rule in zip(self.numbers, rules, strict=True):
            part = str(rule)
            if not _sure(rules):
                answer = [f"to_{x} = {rule}", *_checked(rule, f"to_{x}")]
                lines += [f"if type(node_{x}) is not float:", *indented(answer)]
                part = f"to_{x}"
            add += [f"if type(node_{x}) is not float:", f"    node_{x}._adjoint += {part}"]
        return lines + add


def _node(held: str, a: str, b: str) -> list[str]:
    """The lines that make the node: of all Values but leaves."""
    return [
        "node = new(Value)",
        f"node._held = {held}",
        "node._grad = node._adjoint = None",
        "node.op = op",
        f"node._a = {a}",
        f"node._b = {b}",
        'node.label = ""',
        "return attended(node) if threads else node",
    ]


def _assigned(common: list[tuple[str, ast.expr]]) -> list[str]:
    return [f"{name} = {ast.unparse(code)}" for name, code in common]


def _checked(rule: Term, part: str) -> list[str]:
    return [] if rule.kind == FLOAT else [f"if type({part}) is not float:", "    raise TypeError"]


def _sure(rules: list[Term]) -> bool:
    """Whether all rules are sure to answer with floats."""
    return not any(_may_raise(rule.code) or rule.kind != FLOAT for rule in rules)


def _may_raise(code: ast.expr) -> bool:
    return any(
        isinstance(part, ast.Call) or isinstance(getattr(part, "op", None), _RAISING)
        for part in ast.walk(code)
    )


# --- from lines to functions ---


def _compiled(page: Page, lines: list[str], part: str) -> dict[str, Any]:
    """The functions of a text."""
    kind = ", ".join(f"{k}={x!r}" for k, x in page.params.items() if k not in page.read)
    what = f"{page.op.name} {part}{' of ' if kind else ''}{kind}, {id(page.op)}"
    return compiled(lines, page.names.known | {"__name__": __name__}, what)


class Writer:
    """Gives ops what is called for them on the scalar tier, `op.record` and `op.push`."""

    def __init__(self, tier: Any) -> None:
        self.tier = tier

    def write(self, op: Op) -> None:
        """Write both, or for each kind of parameters when it is met."""
        if op.variadic:
            op.record, op.push = self.record(op, {}), push_wide
        elif op.defaults:
            record_any = partial(self.tier.record_any, op)
            records = _of_kind(self.record, op, record_any)
            pushes = _of_kind(self.push, op, push_any)
            op.record = lambda inputs, params: records(params)(inputs, params)
            op.push = lambda node, g: pushes(node._b)(node, g)
        else:
            op.record, op.push = self.record(op, {}), self.push(op, {})

    def record(self, op: Op, params: dict[str, Any]) -> Any:
        """The function that applies the op, with parameters of the kind of these."""
        page = Page(op, params, self.tier)
        lines = page.record_many() if op.variadic else page.record()
        return _compiled(page, lines, "recorded")["record"]

    def push(self, op: Op, params: dict[str, Any]) -> Any:
        """The function that is the op's backward, with parameters of the kind of these."""
        page = Page(op, params, self.tier)
        try:
            lines = page.push()
        except Exception:  # whatever a rule does not do with a name: it is asked with numbers
            return push_any
        return _compiled(page, lines, "backward")["push"]

    def method(self, op: Op, name: str, self_is: int) -> Any:
        """`record` as a method, and as an update in place if its name is of one."""
        page = Page(op, {}, self.tier)
        lines = page.record(self_is, name.startswith("__i"))
        made = _compiled(page, lines, f"as {name}")["record"]
        made.__name__ = name
        made.__qualname__, made.__doc__ = f"{self.tier.__name__}.{name}", op.doc
        return made

    def source(self, op: Op) -> str:
        """The text of both functions; "" of an op on whole arrays."""
        if op.variadic or op.kind != "elementwise":
            return ""
        shown = {k: 0.0 if x is None else x for k, x in op.defaults.items()}  # bounds, if given
        page = Page(op, shown, self.tier)
        try:
            push = page.push()
        except Exception:
            push = ["push = push_any  # a rule looks at numbers: it is called with them"]
        return "\n".join([*page.record(), "", *push, ""])


def _of_kind(make: Any, op: Op, otherwise: Any) -> Any:
    """For parameters, the function made for their kind; `otherwise` where they are unusual."""
    made: dict[Any, Any] = {}

    def of(params: dict[str, Any]) -> Any:
        kind = tuple([x if type(x) in _DECIDED else type(x) for x in params.values()])
        found = made.get(kind)
        if found is None:
            usual = all(type(x) in _DECIDED or numeric_kind(x) for x in params.values())
            found = made[kind] = make(op, params) if usual else otherwise
        return found

    return of


_DECIDED = {type(None), str, bool}


def method(op: Op, self_is: int = 0) -> Any:
    """A method written from a row, for a class body: `__rsub__ = method(ops.sub, 1)`."""
    return _Method(op, self_is)


class _Method:
    def __init__(self, op: Op, self_is: int) -> None:
        self.op, self.self_is = op, self_is

    def __set_name__(self, owner: Any, name: str) -> None:
        setattr(owner, name, Writer(owner).method(self.op, name, self.self_is))
