"""The classes that a file may name: the public ones of suffice, and the layers of Equinox that its nets consist of."""

from __future__ import annotations

import dataclasses
from enum import Enum
from importlib import import_module
from typing import Any

from sklearn.base import BaseEstimator

PUBLIC_MODULES = (
    "suffice",
    "suffice.latent",
    "suffice.bayesian",
    "suffice.energy",
    "suffice.nets",
    "suffice.data",
    "suffice.outcome",
    "equinox.nn",
)


def class_named(name: str) -> type | None:
    """The class of this name, ``suffice.latent.Mixture`` for instance; None where it is no public one."""
    home, _, own = name.rpartition(".")
    if home not in PUBLIC_MODULES:
        return None
    module = import_module(home)
    member = getattr(module, own) if own in getattr(module, "__all__", vars(module)) else None
    return member if _can_be_kept(member) else None


def name_of(kind: type) -> str | None:
    """The name by which files know a class; None where it is no public one."""
    if not _can_be_kept(kind):
        return None
    names = (f"{home}.{kind.__name__}" for home in PUBLIC_MODULES)
    return next((name for name in names if class_named(name) is kind), None)


def is_named_tuple(kind: type) -> bool:
    """Whether a class is a tuple with names."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def field_names(kind: type) -> tuple[str, ...]:
    """Names of the fields of a dataclass or a named tuple."""
    return kind._fields if is_named_tuple(kind) else tuple(field.name for field in dataclasses.fields(kind))  # type: ignore


def _can_be_kept(member: Any) -> bool:
    if not isinstance(member, type) or not member.__module__.startswith(("suffice.", "equinox.nn.")):
        return False
    return dataclasses.is_dataclass(member) or issubclass(member, Enum | BaseEstimator) or is_named_tuple(member)
