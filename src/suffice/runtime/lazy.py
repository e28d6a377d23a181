"""Packages whose names are imported when they are first used."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def export_lazily(package: str) -> None:
    """Gives a package the names that its ``__init__`` imports for type checkers alone, each imported at its first use."""
    module = sys.modules[package]
    homes = _homes(module.__spec__.loader.get_source(package))  # type: ignore[union-attr]

    def load(name: str) -> Any:
        if name not in homes:
            return _room(package, name)
        vars(module)[name] = value = getattr(import_module(homes[name]), name)
        return value

    vars(module).update(__all__=sorted(homes), __getattr__=load, __dir__=lambda: sorted({*vars(module), *homes}))


def _room(package: str, name: str) -> ModuleType:
    """A package or module inside the package, which is imported by being asked for."""
    if name.startswith("_") or find_spec(f"{package}.{name}") is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return import_module(f"{package}.{name}")


def _homes(source: str) -> dict[str, str]:
    checked = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [line for node in checked for line in node.body if isinstance(line, ast.ImportFrom)]
    return {alias.name: str(line.module) for line in imports for alias in line.names}
