"""Packages whose names are imported when they are first used."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
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

    def listed() -> list[str]:
        return sorted({*vars(module), *homes, *_rooms(module)})

    vars(module).update(__all__=sorted(homes), __getattr__=load, __dir__=listed)


def _room(package: str, name: str) -> ModuleType:
    """A package or module inside the package, which is imported by being asked for."""
    if name.startswith("_") or find_spec(f"{package}.{name}") is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return import_module(f"{package}.{name}")


def _rooms(module: ModuleType) -> list[str]:
    """Names of the packages inside a package, and of none of its modules."""
    return [found.name for found in iter_modules(module.__path__) if found.ispkg]


def _homes(source: str) -> dict[str, str]:
    checked = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    imports = [line for node in checked for line in node.body if isinstance(line, ast.ImportFrom)]
    return {alias.name: str(line.module) for line in imports for alias in line.names}
