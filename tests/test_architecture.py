"""The rooms: what imports what, through which doors, and how large a file may be."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "nn", "viz", "notebooks")  # each knows only those before it
#: Modules that users import by their own name, beside the packages' doors.
PUBLIC = {"nn.datasets", "nn.functional", "nn.init"}


def name_of(path):
    """engine/arrays/shapes.py as engine.arrays.shapes; a package's __init__ as the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PATHS = {name_of(path): path for p in PACKAGES for path in sorted((ROOT / p).rglob("*.py"))}
ROOMS = {name for name, path in PATHS.items() if path.name == "__init__.py"}


def room_of(module):
    """The innermost folder a module stands in; a folder stands in itself."""
    return module if module in ROOMS else module.rpartition(".")[0]


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


def imports_of(module):
    """(line, absolute module, name or None) of everything a module imports of the packages."""
    found = []
    for node in ast.walk(ast.parse(PATHS[module].read_text(encoding="utf-8"))):
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
