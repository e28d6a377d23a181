"""What the documentation of a public name has to have, and the reasons of those that do without a part of it."""

from __future__ import annotations

import inspect
import re
import tomllib
from functools import cache
from pathlib import Path

from names import Name

REASONS = Path(__file__).with_name("reasons.toml")
FOUND = {
    "formula": re.compile(r"\.\. math::|:math:"),
    "shapes": re.compile(r"``?\(?[(\[][^`]*``|\([A-Za-z0-9.]+, [^()]*\)|\([A-Za-z],?\)|\[Array|\bshapes?\b|scalar"),
    "errors": re.compile(r"^Raises\n-+", re.MULTILINE),
    "example": re.compile(r"^ *>>> |^See ``", re.MULTILINE),
}
"""How each part is told."""


@cache
def reasons() -> dict[str, dict[str, str]]:
    """For each part, a sentence for each public name, or for each package, that has no need of it."""
    return tomllib.loads(REASONS.read_text())


def has(name: Name, part: str) -> bool:
    """Whether a part stands in the docstring, or in the annotations for shapes."""
    said = name.documentation + (_annotated(name) if part == "shapes" else "")
    return bool(FOUND[part].search(said))


def _annotated(name: Name) -> str:
    return str(getattr(name.thing, "__annotations__", ""))


def reason(name: Name, part: str) -> str | None:
    """Why a name does without a part: its own reason, that it is raised, or its package's."""
    given = reasons()[part]
    if name.full not in given and inspect.isclass(name.thing) and issubclass(name.thing, Exception):
        return f"{part.title()}: none; it is {'a warning' if issubclass(name.thing, Warning) else 'an error'}."
    return given.get(name.full) or given.get(name.package)


def lacking(name: Name) -> list[str]:
    """Parts that neither stand there nor have a reason."""
    return [part for part in FOUND if not has(name, part) and reason(name, part) is None]


def remarks(name: Name) -> list[str]:
    """Reasons of the parts that are not there, as a page says them."""
    return [said for part in FOUND if not has(name, part) and (said := reason(name, part))]
