"""Wheels of what is installed here: an index for pip that needs no network."""

import os
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement


def needed(*requirements):
    """The distributions that these requirements ask for, directly or not, as installed here."""
    found, todo = {}, [Requirement(text) for text in requirements]
    for requirement in todo:  # grows meanwhile
        extras = {"", *requirement.extras}
        if extras <= found.get(requirement.name, set()):
            continue
        found.setdefault(requirement.name, set()).update(extras)
        further = map(Requirement, distribution(requirement.name).requires or [])
        todo += [
            one for one in further
            if one.marker is None or any(one.marker.evaluate({"extra": x}) for x in extras)
        ]  # fmt: skip
    return [distribution(name) for name in found]


def pack(installed, folder):
    """Write the wheel that an installed distribution came from, but for its compiled files."""
    info = next(file.parts[0] for file in installed.files if file.name == "WHEEL")
    stem = info.removesuffix(".dist-info")
    lines = [line.partition(": ") for line in installed.read_text("WHEEL").splitlines()]
    tags = zip(*[value.split("-") for key, _, value in lines if key == "Tag"], strict=True)
    tag = "-".join(".".join(dict.fromkeys(column)) for column in tags)
    scripts = {entry.name for entry in installed.entry_points if entry.group == "console_scripts"}
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        for file in installed.files:
            path = Path(os.path.normpath(installed.locate_file(file)))
            if path.suffix == ".pyc" or (".." in file.parts and path.stem in scripts):
                continue  # pip makes these
            inside = file
            if ".." in file.parts:
                inside = f"{stem}.data/data/{path.relative_to(sys.prefix).as_posix()}"
            wheel.write(path, str(inside))


def pack_all(folder, *requirements):
    """Write the wheels of `needed(*requirements)` into a folder, for pip's --find-links."""
    for installed in needed(*requirements):
        pack(installed, folder)
