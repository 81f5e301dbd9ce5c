"""A model in a notebook: a tree of its modules that opens and closes."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.showing import escaped, html_card, html_tree

MODULE = "#cc79a7"  # as the frames of modules that pictures fold: Okabe and Ito's purple


def module_html(model: Any) -> str:
    """A model as HTML: of each module its class and settings, its parameters and their shapes."""
    parameters = sum(int(np.size(p)) for p in model.parameters())
    items = [
        (name.count(".") + 1 if name else 0, _line(name, module))
        for name, module in model.named_modules()
    ]
    return html_card(f"{parameters:,} parameters", html_tree(items), MODULE)


def _line(name: str, module: Any) -> str:
    own = [(key, p) for key in module._parameters if (p := getattr(module, key)) is not None]
    shapes = ", ".join(f"{key} {'×'.join(map(str, p.shape)) or '0-d'}" for key, p in own)
    count = sum(int(np.size(p)) for _, p in own)
    text = named(name, f"{type(module).__name__}({module.extra_repr()})")
    return f"{text} {escaped(f'{shapes}: {count:,} parameters')}" if own else text


def named(name: str, kind: str) -> str:
    """The last part of a module's name, and its kind."""
    short = name.rpartition(".")[2]
    return (f"<b>{escaped(short)}</b>: " if short else "") + escaped(kind)
