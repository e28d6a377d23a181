"""Every public name of Suffice, once: what packages export, as their ``__init__`` lists it."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import suffice


class Name(NamedTuple):
    """A public name, the package that it is imported from, and what it is."""

    package: str
    name: str
    thing: Any

    @property
    def full(self) -> str:
        """The name with its package."""
        return f"{self.package}.{self.name}"

    @property
    def methods(self) -> list[str]:
        """Public methods and properties of a class that are written in Suffice, in alphabetical order."""
        members = inspect.getmembers_static(self.thing) if inspect.isclass(self.thing) else []
        return [name for name, member in members if not name.startswith("_") and _is_written_here(member)]

    @property
    def documentation(self) -> str:
        """The docstring, then those of methods."""
        return "\n\n".join([self.own_documentation, *(_documented(self.thing, name) for name in self.methods)])

    @property
    def own_documentation(self) -> str:
        """The docstring; none of a value, whose docstring is that of its type."""
        return (inspect.getdoc(self.thing) or "") if callable(self.thing) else ""

    @property
    def first_sentence(self) -> str:
        """What stands beside the name in a table."""
        sentence = self.own_documentation.split("\n\n")[0].replace("\n", " ")
        said = sentence if callable(self.thing) else f"The value ``{self.thing!r}``."
        return f"{said[:-1]}." if said.endswith(":") else said


def _documented(owner: type, name: str) -> str:
    return inspect.getdoc(getattr(owner, name)) or ""


def _is_written_here(member: object) -> bool:
    function = getattr(member, "fget", None) or getattr(member, "__func__", None) or getattr(member, "fn", member)
    is_called = inspect.isroutine(function) and callable(function)
    return (is_called or isinstance(member, property)) and (getattr(function, "__module__", None) or "").startswith(
        "suffice"
    )


@cache
def packages() -> tuple[str, ...]:
    """Packages that export names, the shortest first."""
    found = [suffice.__name__, *(each.name for each in _below())]
    return tuple(sorted(found, key=lambda name: (name.count("."), name)))


def _below() -> Iterator[pkgutil.ModuleInfo]:
    for each in pkgutil.walk_packages(suffice.__path__, "suffice."):
        if each.ispkg and hasattr(import_module(each.name), "__all__"):
            yield each


def names_of(package: str) -> list[Name]:
    """Names that a package exports."""
    home = import_module(package)
    return [Name(package, name, getattr(home, name)) for name in home.__all__ if not name.startswith("_")]


@cache
def exported() -> tuple[Name, ...]:
    """Public names; one that several packages export is of the first of them."""
    found: dict[int, Name] = {}
    for name in (name for package in packages() for name in names_of(package)):
        found.setdefault(id(name.thing), name)
    return tuple(found.values())
