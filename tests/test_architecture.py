"""The rooms: what imports what, through which doors, and how large a file may be."""

import ast
import functools
import inspect
import json
import re
from collections import defaultdict
from pathlib import Path

from engine import Value
from notebooks.lesson_03 import Engine

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "nn", "viz", "notebooks")  # each knows only those before it
#: Modules that users import by their own name, beside the packages' doors.
PUBLIC = {"nn.datasets", "nn.functional", "nn.init", "nn.optim.lr_scheduler"}


def name_of(path):
    """engine/arrays/shapes.py as engine.arrays.shapes; a package's __init__ as the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PATHS = {name_of(path): path for p in PACKAGES for path in sorted((ROOT / p).rglob("*.py"))}
ROOMS = {name for name, path in PATHS.items() if path.name == "__init__.py"}


def room_of(module):
    """The innermost folder a module stands in; a folder stands in itself."""
    return module if module in ROOMS else module.rpartition(".")[0]


@functools.cache
def exported(door):
    """The names that a room's __init__ re-exports (`X as X`, or in `__all__`) or defines."""
    names = set()
    for node in ast.parse(PATHS[door].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            names |= exported(f"{door}.{node.module}")  # all that an open room lists
        elif isinstance(node, ast.ImportFrom):
            names |= {a.asname for a in node.names if a.asname == a.name}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names |= set(ast.literal_eval(node.value))
        elif isinstance(node, ast.Assign):
            names |= {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names


def imports_of(module, source=None):
    """(line, absolute module, name or None) of everything a module imports of the packages."""
    found = []
    source = PATHS[module].read_text(encoding="utf-8") if source is None else source
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if module in ROOMS else module.rpartition(".")[0]
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                # `from .. import ops` is the module, `from ..checking import compare` the function
                if inner in PATHS and (module == base or alias.name not in exported(base)):
                    found.append((node.lineno, inner, None))
                else:
                    found.append((node.lineno, base, alias.name))
    return [
        (line, target, name) for line, target, name in found if target.split(".")[0] in PACKAGES
    ]


IMPORTS = {module: imports_of(module) for module in PATHS}


def past_a_door(module, target):
    """Whether `module` may not import `target`, which stands behind another room's door."""
    if target in ROOMS or target in PUBLIC or target.startswith("nn.examples."):
        return False
    room = room_of(target)
    # a room may use the ground floor it stands on: engine.core in engine.arrays
    return room_of(module) != room and not module.startswith(f"{room}.")


def test_nothing_reaches_past_a_door():
    past = [
        f"{module}, line {line}: {target}"
        for module, found in IMPORTS.items()
        for line, target, _ in found
        if past_a_door(module, target)
    ]
    assert past == []


def reached_without_import(module, source):
    """(line, module) of what is reached by attributes, `engine.arrays.shapes`, or as a string.

    Strings are what `import_module` and `sys.modules` take.  Those in a call of `moved` are left
    out: it says for old pickles what is behind the doors, and fetches nothing else.
    """
    tree = ast.parse(source)
    called = {package: package for package in PACKAGES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            called |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                alone = ast.unparse(ast.ImportFrom(node.module, [alias], node.level))
                for _, target, name in imports_of(module, alone):
                    if name is None or f"{target}.{name}" in ROOMS:
                        called[alias.asname or alias.name] = target + (f".{name}" if name else "")
    moves = [
        one
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("moved", "_moved")
        for one in ast.walk(call)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            start, _, rest = ast.unparse(node).partition(".")
            target = f"{called.get(start, '')}.{rest}"
            door, _, name = target.rpartition(".")
            if target in PATHS and (target in ROOMS or name not in exported(door)):
                yield node.lineno, target
        elif isinstance(node, ast.Constant) and node.value in PATHS and node not in moves:
            yield node.lineno, node.value


def cells_of(path):
    """The code of a notebook, IPython's own commands left out."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return re.sub(r"^([ \t]*)[%!].*", r"\1pass", code, flags=re.MULTILINE)


def test_nothing_reaches_past_a_door_by_attributes_or_strings():
    past = [
        f"{module}, line {line}: {target}"
        for module, path in PATHS.items()
        for line, target in reached_without_import(module, path.read_text(encoding="utf-8"))
        if past_a_door(module, target)
    ]
    assert past == []


def test_no_cell_of_a_notebook_reaches_past_a_door():
    past = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        module, code = f"notebooks.{path.stem}", cells_of(path)
        targets = [target for _, target, _ in imports_of(module, code)]
        targets += [target for _, target in reached_without_import(module, code)]
        past += [f"{path.name}: {target}" for target in targets if past_a_door(module, target)]
    assert past == []


def test_a_way_around_a_door_would_be_noticed():
    for source in (
        "import engine\nengine.arrays.shapes.spread",
        "import engine as e\ne.arrays.shapes.spread",
        "from engine import arrays\narrays.shapes.spread",
        "import sys\nsys.modules['engine.arrays.shapes']",
        "import importlib\nimportlib.import_module('engine.arrays.shapes')",
    ):
        found = [target for _, target in reached_without_import("nn.module", source)]
        assert "engine.arrays.shapes" in found, source
    assert not list(reached_without_import("nn.module", "import nn\nnn.summary(nn.linear)"))


def test_a_door_that_is_passed_by_would_be_noticed():
    assert past_a_door("nn.losses.losses", "engine.arrays.shapes")
    assert past_a_door("engine.values.value", "engine.arrays.shapes")
    assert past_a_door("nn.module", "engine.core")
    assert past_a_door("nn.module", "nn.layers.linear")
    assert not past_a_door("engine.arrays.windows", "engine.arrays.shapes")
    assert not past_a_door("engine.arrays.windows", "engine.core")
    assert not past_a_door("viz.graphs.dot", "engine")


def test_what_passes_a_door_is_exported_there():
    missing = [
        f"{module}, line {line}: {name} of {target}"
        for module, found in IMPORTS.items()
        for line, target, name in found
        if name
        and name != "*"
        and target in ROOMS
        and target != module
        and name not in exported(target)
    ]
    assert missing == []


def test_every_door_says_what_the_room_is():
    for room in sorted(ROOMS):
        doc = ast.get_docstring(ast.parse(PATHS[room].read_text(encoding="utf-8")))
        assert doc, room


def test_packages_know_only_those_before_them():
    for module, found in IMPORTS.items():
        known = PACKAGES[: PACKAGES.index(module.split(".")[0]) + 1]
        assert {target.split(".")[0] for _, target, _ in found} <= set(known), module


def circle(arrows):
    """Names that depend on each other in a circle, or none; arrows: name -> names it needs."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        path.append(name)
        for other in sorted(arrows.get(name, ())):
            if found := visit(other):
                return found
        done.add(path.pop())
        return []

    for name in sorted(arrows):
        if found := visit(name):
            return found
    return []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_no_module_imports_in_a_circle():
    # a package's __init__ gathers what is in it, so it comes after; a module needs names
    arrows = {
        module: {target for _, target, _ in found if target != module}
        for module, found in IMPORTS.items()
    }
    assert circle(arrows) == []


def test_no_room_needs_another_in_a_circle():
    arrows = defaultdict(set)
    for module, found in IMPORTS.items():
        if module in ("engine", "nn", "viz", "notebooks"):
            continue  # the door of all rooms comes after them
        for _, target, _ in found:
            if room_of(target) != room_of(module) and room_of(target) not in PACKAGES:
                arrows[room_of(module)].add(room_of(target))
    assert circle(arrows) == []


def test_imports_stand_at_the_top():
    """None inside a function: that would hide a circle.  What is optional may come late."""
    late = []
    for module, path in PATHS.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = {node.lineno for node in tree.body}
        for node in tree.body:  # what only a type checker imports is at the top too
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                lines |= {statement.lineno for statement in node.body}
        late += [f"{module}, line {n}: {t}" for n, t, _ in IMPORTS[module] if n not in lines]
    assert late == []


# --- sizes and names ---

LONGEST = 470
LONG, FEWER_THAN = 300, 15


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_long():
    lines = {module: lines_of(path) for module, path in PATHS.items()}
    assert {m: n for m, n in lines.items() if n > LONGEST} == {}
    long = {m: n for m, n in lines.items() if n > LONG and not m.startswith("notebooks.")}
    assert len(long) < FEWER_THAN, long


def test_core_value_and_tensor_are_short():
    assert lines_of(PATHS["engine.core"]) <= 320
    assert lines_of(PATHS["engine.values.value"]) < 400
    assert lines_of(PATHS["engine.tensors.tensor"]) < 400


#: Files of one name in several rooms, and the one meaning it has.
SAME_MEANING = {
    "backward": "backward on one tier",
    "data": "datasets and their loader, and PyTorch's path to them",
    "written": "what one tier calls for an op, written from its row",
}


def test_no_basename_has_two_meanings():
    homes = defaultdict(list)
    for module in sorted(PATHS.keys()):
        homes[module.rpartition(".")[2]].append(module)
    twice = {name: found for name, found in homes.items() if len(found) > 1}
    assert {n: f for n, f in twice.items() if n not in SAME_MEANING} == {}


# --- the reading order of docs/reading_the_source.md ---

LINK = re.compile(r"(\*\*)?\[`\w+`\]\(\.\./((?:engine|nn|viz)/[\w/]+\.py)\)")
READING = ROOT / "docs" / "reading_the_source.md"
MOST_LINES = 1_500  # to be read before Value.backward is understood: the files in bold


def reading_order():
    """The modules that the page tells to read, in its order; and those of them in bold."""
    found = LINK.findall(READING.read_text(encoding="utf-8"))
    links = [(bold, name_of(ROOT / path)) for bold, path in found]
    return [name for _, name in links], [name for bold, name in links if bold]


def home_of(door, name):
    """The module behind a door where a name that passes it is written."""
    for node in ast.parse(PATHS[door].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and name in {a.asname or a.name for a in node.names}:
            package = door.split(".")[: len(door.split(".")) - node.level + 1]
            inner = ".".join([*package, *([node.module] if node.module else [])])
            inner = f"{inner}.{name}" if f"{inner}.{name}" in PATHS and not node.module else inner
            return home_of(inner, name) if inner in ROOMS and inner != door else inner
    return door


def test_the_reading_order_lists_every_module_once():
    order, _ = reading_order()
    modules = {m for m in PATHS if m not in ROOMS and m.split(".")[0] in ("engine", "nn", "viz")}
    modules.remove("viz.command.__main__")
    assert sorted(modules - set(order)) == [], "not in docs/reading_the_source.md"
    assert sorted(order) == sorted(modules)


def test_in_the_reading_order_each_module_needs_only_earlier_ones():
    seen, unmet = set(), []
    for module in reading_order()[0]:
        for line, target, name in IMPORTS[module]:
            home = home_of(target, name) if target in ROOMS and name else target
            own_room = room_of(home) == room_of(module) and room_of(module) not in PACKAGES
            if home not in ROOMS and home not in seen and not own_room:
                unmet.append(f"{module}, line {line}, needs {home}")
        seen.add(module)
    assert unmet == []


def test_little_has_to_be_read_before_backward_is_understood():
    _, bold = reading_order()
    assert bold[-1] == name_of(Path(inspect.getsourcefile(Value.backward)))
    assert sum(lines_of(PATHS[module]) for module in bold) <= MOST_LINES


def test_a_second_pass_adds_to_results_in_value_and_not_in_the_engine_to_read_first():
    a = Value(2.0)
    c = a * a
    y = c * 3.0
    engine = Engine()
    for passes in (1, 2):
        y.backward()
        engine.backward(y)
        assert a.grad == engine.grad[a] == 12.0 * passes
        assert c.grad == 3.0 * passes
        assert engine.grad[c] == 3.0


def test_the_engine_to_read_first_is_the_one_of_notebook_03():
    assert inspect.getsource(Engine) in READING.read_text(encoding="utf-8")
