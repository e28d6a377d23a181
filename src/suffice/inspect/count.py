"""Counts that remember how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TypeAlias

Factors: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Count:
    """A sum of products of groups of factors, such as (27·27·256)·(5·5·48) + (27·27·256)."""

    terms: tuple[tuple[Factors, ...], ...] = ()

    def __int__(self) -> int:
        return sum(prod(map(prod, term)) for term in self.terms)

    def __add__(self, other: Count) -> Count:
        return Count((*self.terms, *other.terms))

    def __str__(self) -> str:
        return " + ".join(map(_product, self.terms)) or "0"

    def times(self, *factors: int) -> Count:
        """The count for each of so many; factors of 1 are left out."""
        more = tuple((factor,) for factor in factors if factor != 1)
        return Count(tuple((*more, *term) for term in self.terms))


def product(*groups: Factors) -> Count:
    """One product; a group without factors is 1."""
    return Count((tuple(group or (1,) for group in groups),))


def _product(term: tuple[Factors, ...]) -> str:
    parts = ["·".join(map(str, group)) for group in term]
    return parts[0] if len(parts) == 1 else "·".join(f"({part})" if "·" in part else part for part in parts)
