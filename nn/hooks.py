"""Hooks on a module's forward: what they are, and the handle that takes one away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import RemovableHandle as RemovableHandle

#: hook(module, args, output): called after forward; what it returns replaces the output.
Hook = Callable[[Any, tuple[Any, ...], Any], Any]
