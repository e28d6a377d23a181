"""Which columns of a mixture's rows are of which family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from suffice.latent.families.columns import Columns, surveyed
from suffice.latent.families.family import Family
from suffice.rows.survey import Survey


class Part(NamedTuple):
    """The columns ``among`` all that are of one family; of categories, ``sizes`` says how many each has."""

    family: type[Family]
    among: slice | np.ndarray = slice(None)
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Parts:
    """A ``family`` of all columns, or one that puts those of ``each`` part side by side."""

    family: type[Any]
    each: Sequence[Part]

    @property
    def alone(self) -> bool:
        """Whether all columns are of one family."""
        return self.each[0].family is self.family

    @property
    def families(self) -> list[type[Family]]:
        """Those whose parameters may be frozen or tied."""
        return [part.family for part in self.each]

    def origin(self, overview: Survey) -> np.ndarray | None:
        """Where rows are measured from during the fit; None where a shift would change the family's distributions."""
        if self.alone:
            return overview.mean if self.family.movable else None
        return np.where(self._by_column([family.movable for family in self.families], overview), overview.mean, 0.0)

    def rows(self, overview: Survey) -> np.ndarray:
        """Rows of the sample (m, D), filled in, but for NaN where a family of categories takes it."""
        coded = self._by_column([bool(part.sizes) for part in self.each], overview)
        if coded.all():
            return overview.sample
        return np.where(coded, overview.sample, overview.filled) if coded.any() else overview.filled

    def columns(self, overview: Survey, origin: np.ndarray | None) -> list[Columns]:
        """What each family begins from."""
        return [surveyed(overview, origin, part.among, part.sizes, not part.family.discrete) for part in self.each]

    def joined(self, components: list[Family]) -> Any:
        """Components of all columns from those of each part."""
        if self.alone:
            return components[0]
        return self.family(components, [np.asarray(part.among).tolist() for part in self.each])

    def coordinates(self, rows: np.ndarray, columns: list[Columns]) -> np.ndarray:
        """Rows as k-means sees them, (m, C)."""
        if self.alone:
            return self.family.coordinates(rows, columns[0])
        seen = [part.family.coordinates(rows[:, part.among], about, alone=False)
                for part, about in zip(self.each, columns, strict=True)]  # fmt: skip
        return np.concatenate(seen, 1)

    def _by_column(self, flags: Sequence[bool], overview: Survey) -> np.ndarray:
        """A flag of each part, for each of its columns (D,)."""
        found = np.zeros(overview.mean.shape, bool)
        for part, flag in zip(self.each, flags, strict=True):
            found[part.among] = flag
        return found
