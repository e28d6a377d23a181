"""A distribution of independent columns of several kinds for each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from suffice.latent.families.columns import Columns, plain
from suffice.latent.families.family import Family
from suffice.latent.families.kinds import KINDS
from suffice.latent.families.mixed import Mixed
from suffice.latent.forms.natural import Moments
from suffice.model import Hyperparameters
from suffice.runtime.module import replaced
from suffice.runtime.precision import scope
from suffice.validation import check_varying


@dataclass(frozen=True)
class ColumnClasses:
    """Columns by their kind: ``groups`` their positions, ``sizes`` the numbers of categories; a prior of ``strength`` rows."""

    groups: Mapping[str, np.ndarray]
    sizes: Mapping[str, tuple[int, ...]]
    strength: float
    reg_covar: float

    @property
    def features(self) -> int:
        """Number of columns."""
        return sum(map(len, self.groups.values()))

    @property
    def unit(self) -> Mixed:
        """One component, about the origin where it has a mean anywhere."""
        return self._mixed([self._blank(kind, columns) for kind, columns in self.groups.items()])

    @property
    def movable(self) -> np.ndarray:
        """Which columns (D,) may be measured from anywhere."""
        found = np.zeros(self.features, bool)
        for kind, columns in self.groups.items():
            found[columns] = KINDS[kind].movable
        return found

    def _blank(self, kind: str, columns: np.ndarray) -> Family:
        about = plain(0.0 if KINDS[kind].movable else 0.5, len(columns), self.sizes[kind])
        return KINDS[kind].overall(about, (1,), None)

    def _mixed(self, parts: list[Family]) -> Mixed:
        return Mixed(parts, [columns.tolist() for columns in self.groups.values()])

    def overall(self, sums: Moments, centres: np.ndarray) -> list[Columns]:
        """Of each group of columns the distribution over all rows."""
        groups = zip(self.unit.parts, self.groups.values(), sums.common, strict=True)
        with scope("float64"):
            found = [unit.pooled(own, centres[:, columns]) for unit, columns, own in groups]
        if self.reg_covar == 0 and self.strength == 0:
            for (kind, columns), own in zip(self.groups.items(), found, strict=True):
                if KINDS[kind].floored:
                    check_varying(", ".join(map(str, columns[own.constant])))
        return found

    def among_all(self, overall: list[Columns], of_classes: list[Columns]) -> list[Columns]:
        """All rows, and floors by the spread within labelled classes."""
        pairs = zip(overall, of_classes, strict=True)
        return [replace(every, local=own.local, of_classes=own.of_classes) for every, own in pairs]

    def components(self, overall: list[Columns], centres: np.ndarray) -> Mixed:
        """Families of the classes, about their centres where these are, else like all rows; and the priors about all rows."""
        groups = zip(self.groups.items(), overall, strict=True)
        return self._mixed([self._part(KINDS[kind], about, centres[:, columns]) for (kind, columns), about in groups])

    def _part(self, family: type[Family], about: Columns, centres: np.ndarray) -> Family:
        placed = replace(about, mean=centres) if family.movable else about
        return family.overall(placed, (len(centres),), self._prior(family, about))

    def _prior(self, family: type[Family], about: Columns) -> Hyperparameters:
        """Rows seen beforehand that leave classes near one another apart, wherever others are.

        Labels come like those of all rows, counts too, but no more than one for each row; Gaussian cells like those of the
        class itself, with the smallest variance of any; times do not come.
        """
        strength: Any = float(self.strength) or None
        if strength is not None and not family.discrete:
            strength, about = (strength, _within(about)) if family.floored else (None, about)
        elif strength is not None and not family.labels:
            strength = strength / np.maximum(about.mean, 1.0)
        return family.prior_from(about, strength, self.reg_covar)

    def simpler(self) -> Self:
        """The same with a prior."""
        return replace(self, strength=max(1.0, float(self.strength)), reg_covar=1e-6)

    def begun(self, found: Any, overall: list[Columns]) -> Mixed:
        """The classes found, with the priors of these."""
        prior = self.components(overall, np.zeros((1, self.features))).prior
        return replaced(found, prior=prior)


def _within(about: Columns) -> Columns:
    """Each class about its own mean, with the smallest variance of any."""
    return replace(about, mean=about.of_classes, variance=about.local)
