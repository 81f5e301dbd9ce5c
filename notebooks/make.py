"""Run the notebooks of the course from top to bottom and store what they show.

    python notebooks/make.py            all of them
    python notebooks/make.py 03 09      these

A notebook's text and code are written in the notebook itself.  This gives each new cell a name
that stays, runs the cells in a fresh kernel and an empty folder, refuses outputs that hold an
error, a path or an address in memory, and writes the notebook back.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image, ImageChops, ImageStat

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
TIMEOUT = 400  # seconds a cell may take on a busy machine
LARGEST = 1_000_000  # bytes of a stored notebook
WIDEST = 1150  # pixels of a drawing: where it is shrunk to a laptop's width, it can still be read
OFF = 0.2  # of 255 steps: how far a picture's colours may be off, on average

#: What must not be in an output: it would differ on another machine, or in another run.
PRIVATE = {
    "a path": re.compile(
        r"/(?:home|root|tmp|usr|work|Users|private)/\w|(?<!\w)[A-Z]:\\\w|site-packages"
    ),
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]{6,}"),
    "a timing": re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|µs|ns|seconds?)\b|\d ?it/s\b"),
}


class NotebookError(Exception):
    """A notebook that must not be stored as it is; its text says why."""


def course() -> list[str]:
    """The names of all notebooks, in order."""
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.ipynb"))


def read(name: str) -> Any:
    """A notebook as it is stored."""
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    """Its cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook: Any, tag: str) -> list[Any]:
    """The cells that carry a tag."""
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def name_cells(notebook: Any, name: str) -> None:
    """Give each cell without a name of the form 03-017 the next number that is free."""
    number = name[:2]
    known = [c.id for c in notebook.cells if re.fullmatch(rf"{number}-\d\d\d", c.id)]
    free = max((int(one[3:]) for one in known), default=0)
    seen: set[str] = set()
    for cell in notebook.cells:
        if cell.id in seen or cell.id not in known:
            free += 1
            cell.id = f"{number}-{free:03}"
        seen.add(cell.id)


def execute(notebook: Any) -> Any:
    """Run every cell in a fresh kernel, in an empty folder that must be empty after it.

    Raises:
        CellExecutionError: a cell raised one.
        NotebookError: a file was left behind.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as settings:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,  # how print's text is cut into messages is chance
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=_environment(settings))
        left = [path.name for path in Path(folder).iterdir()]
    if left:
        raise NotebookError(f"the notebook leaves files behind: {', '.join(left)}")
    for output in outputs(notebook):
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = lighter(output.data["image/png"])
    return notebook


def lighter(png: str) -> str:
    """A picture (base64) with few colours, a third of the size: a plot has no more than that.

    Lines and letters need 64 or 128 of them, an image in shades 256.  Dithering would scatter
    dots over flat colours.
    """
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode == "RGBA" and image.getextrema()[3][0] < 255:
        return png  # something shines through
    image = image.convert("RGB")
    for colours in (64, 128, 256):
        few = image.quantize(colours, dither=Image.Dither.NONE)
        apart = ImageStat.Stat(ImageChops.difference(image, few.convert("RGB"))).mean
        if max(apart) < OFF:
            break
    buffer = io.BytesIO()
    few.save(buffer, "png", optimize=True)
    light = base64.b64encode(buffer.getvalue()).decode()
    return light if len(light) < len(png) else png


def _environment(settings: str) -> dict[str, str]:
    """This checkout, no settings of the user, figures where they belong, one thread of BLAS."""
    own = {
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": settings,
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | own


def made_from(notebook: Any) -> str:
    """A fingerprint of its code: outputs that are stored belong to this code, and to no other."""
    code = "\0".join(cell.source for cell in code_cells(notebook))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def tidy(notebook: Any) -> None:
    """Keep of a run what the next run will give again."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "made_from": made_from(notebook),
        }
    )
    for cell in notebook.cells:
        kept = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": kept} if kept else {})


def outputs(notebook: Any) -> list[Any]:
    """Every output, in order."""
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def complaints(notebook: Any) -> list[str]:
    """Why its outputs must not be stored: nothing, if all is well."""
    found = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(f"{cell.id}: an error or a warning: {str(output)[:200]}")
            for text in _texts(output):
                for what, pattern in PRIVATE.items():
                    if hit := pattern.search(text):
                        found.append(f"{cell.id}: {what}: {hit[0]!r}")
            if (width := _width(output)) > WIDEST:
                found.append(f"{cell.id}: a drawing {width:.0f} px wide, {WIDEST} are the most")
    size = len(nbformat.writes(notebook).encode())
    if size > LARGEST:
        found.append(f"{size:,} bytes, where {LARGEST:,} are the most")
    return found


def _width(output: Any) -> float:
    """The width of a drawing in pixels, before it is made to fit its cell; 0 if it is none."""
    svg = output.get("data", {}).get("image/svg+xml", "")
    found = re.search(r'<svg[^>]*?\sviewBox="[-\d.]+ [-\d.]+ ([\d.]+) ', svg)
    return float(found[1]) * 4 / 3 if found else 0.0  # Graphviz's unit is the point


def _texts(output: Any) -> list[str]:
    """What an output says in words; a picture that a page holds is none."""
    if output.output_type == "stream":
        return [output.text]
    data = output.get("data", {})
    found = [data[mime] for mime in ("text/plain", "text/html") if mime in data]
    return [re.sub(r"base64,[A-Za-z0-9+/=]+", "", text) for text in found]


def make(name: str) -> None:
    """Run one notebook and store it.

    Raises:
        NotebookError: what came out must not be stored.
    """
    notebook = read(name)
    name_cells(notebook, name)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    execute(notebook)
    if skipped := [one for one in tagged(notebook, "optional") if "skipped" in str(one.outputs)]:
        said = skipped[0].outputs[0].text.strip()
        raise NotebookError(f"what is stored is made with all packages there are: {said}")
    tidy(notebook)
    if found := complaints(notebook):
        raise NotebookError("\n  ".join(found))
    nbformat.validate(notebook)
    nbformat.write(notebook, FOLDER / f"{name}.ipynb")


def main(numbers: list[str]) -> int:
    """Make those whose number is given, or all; the exit status."""
    names = [name for name in course() if not numbers or name[:2] in numbers]
    if missing := set(numbers) - {name[:2] for name in names}:
        print(f"no notebook has the number {', '.join(sorted(missing))}", file=sys.stderr)
        return 2
    for name in names:
        print(f"{name} …", flush=True)
        try:
            make(name)
        except NotebookError as error:
            print(f"{name} is not stored:\n  {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
