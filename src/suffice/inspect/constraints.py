"""Constraints on counts, read from words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
BINARY = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
QUANTITIES = (
    "units", "weights", "biases", "parameters", "connections", "operations", "receptive field", "backward bytes",
)  # fmt: skip
SETTINGS = ("kernel", "stride", "dilation", "padding")
FORM = re.compile(r"\s*([a-z _-]+?)\s*(<=|>=|≤|≥|<|>|=|\s)\s*([\d.,_e+]+)\s*([a-zA-Z]*)\s*")
Constraints: TypeAlias = str | Sequence[str]
"""One or several, such as ``"receptive field >= 32"``; commas part those of one text."""


@dataclass(frozen=True)
class Constraint:
    """A quantity that has to be at least, at most or exactly a number."""

    quantity: str
    sign: str
    bound: int
    text: str

    def holds(self, value: int) -> bool:
        """Whether a number is within the bound."""
        return {"<=": value <= self.bound, ">=": value >= self.bound, "=": value == self.bound}[self.sign]


def read_constraints(given: Constraints) -> tuple[list[Constraint], dict[str, int]]:
    """Constraints on quantities, and settings of layers such as ``kernel 3``."""
    if not isinstance(given, str | list | tuple):
        raise ValueError(f"{type(given).__name__} was given; constraints are words, such as 'receptive field >= 32'.")
    texts = [part for text in ([given] if isinstance(given, str) else given) for part in _parts(text)]
    if not texts:
        raise ValueError("No constraint was given; expected some such as 'receptive field >= 32' or 'weights <= 1e6'.")
    constraints, settings = [], {}
    for text in texts:
        found = FORM.fullmatch(text.lower())
        name = found[1].replace("_", " ").replace("-", " ").strip() if found else ""
        if found is None or name not in (*QUANTITIES, *SETTINGS):
            raise ValueError(
                f"{text.strip()!r} is no constraint; expected one of {', '.join(QUANTITIES)} with <=, >= or = and a number, or "
                f"{', '.join(SETTINGS)} with a number."
            )
        number = _number(found[3], found[4], text)
        if name in SETTINGS:
            settings[name] = number
        else:
            constraints.append(_constraint(name, found[2], number, text.strip()))
    return constraints, settings


def _parts(text: object) -> list[str]:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} was given; constraints are words, such as 'receptive field >= 32'.")
    return [part for part in re.split(r",(?!\d{3}\b)", text) if part.strip()]


def _number(digits: str, unit: str, text: str) -> int:
    scale = {**UNITS, **BINARY}.get(unit.lower())
    try:
        value = float(digits.replace(",", "").replace("_", ""))
    except ValueError:
        value = -1.0
    if scale is None or value < 0:
        raise ValueError(f"{text.strip()!r} has no number that can be read; write 1000000, 1e6, 1 M or 8 GB.")
    return round(value * scale)


def _constraint(name: str, sign: str, number: int, text: str) -> Constraint:
    if sign in ("<", ">"):
        return Constraint(name, f"{sign}=", number - 1 if sign == "<" else number + 1, text)
    return Constraint(name, {"≤": "<=", "≥": ">="}.get(sign, sign.strip() or "="), number, text)
