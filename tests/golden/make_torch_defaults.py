"""Writes torch_defaults.json: the defaults of PyTorch's layers, losses, optimizers and the rest.

    pip install torch
    python tests/golden/make_torch_defaults.py

tests/nn/test_torch_defaults.py compares them with nn's.
"""

import inspect
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAIN = (bool, int, float, str, tuple, type(None))


def defaults(thing):
    """The defaults of a function's or class's arguments, as far as JSON has them."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(thing).parameters.items()
        if parameter.default is not parameter.empty and isinstance(parameter.default, PLAIN)
    }


def main():
    """Note the defaults of everything public that has a signature."""
    import torch

    rooms = {
        "": [torch.nn, torch.optim, torch.optim.lr_scheduler, torch.nn.utils],
        "functional.": [torch.nn.functional],
        "init.": [torch.nn.init],
    }
    found = {}
    for prefix, modules in rooms.items():
        for module in modules:
            for name, thing in vars(module).items():
                if name.startswith("_") or not callable(thing):
                    continue
                try:
                    found[prefix + name] = defaults(thing)
                except (TypeError, ValueError):  # a built-in function without a signature
                    continue
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items()) if v)
    (HERE / "torch_defaults.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
