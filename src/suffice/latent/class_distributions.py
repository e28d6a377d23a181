"""Distributions of rows in each of several classes, fitted in one pass over labelled rows."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np

from suffice.latent.by_class import with_cells
from suffice.latent.expectation import MixtureStatistics
from suffice.latent.families.family import Family
from suffice.latent.forms.natural import Moments
from suffice.latent.labelled_rows import LabelledRows, Subset
from suffice.latent.mixture import Mixture
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.precision import cast, scope, to_numpy


class ClassDistributions(Protocol):
    """What kind of distribution every class has, with its priors; a spread of all rows is what ``overall`` gives."""

    @property
    def unit(self) -> Family:
        """A family of one component about the origin, whose moments are those of a class."""
        ...

    @property
    def movable(self) -> np.ndarray:
        """Which columns (D,) may be measured from anywhere."""
        ...

    def overall(self, sums: Moments, centres: np.ndarray) -> Any:
        """What priors and floors take from all rows, whose moments about the centres (K, D) of the classes are given."""
        ...

    def among_all(self, overall: Any, of_classes: Any) -> Any:
        """What priors and floors take from rows of which only those ``of_classes`` are labelled."""
        ...

    def components(self, overall: Any, centres: np.ndarray) -> Family:
        """Classes about the centres (K, D), with the priors, and the spread of all rows."""
        ...

    def simpler(self) -> Self:
        """Independent columns, and a prior: what others can start from."""
        ...

    def begun(self, found: Any, overall: Any) -> Family:
        """The classes found by what is simpler, with the priors of these."""
        ...


def centres_of(kind: ClassDistributions, table: LabelledRows, count: int, subset: Subset = "all") -> np.ndarray:
    """A point near the rows of each class, (K, D), in the columns that may be measured from one."""
    return np.where(kind.movable, table.centres(count, subset), 0.0)


def counted(sums: Moments, rows: float) -> Moments:
    """Sums over so many rows, in double precision, whose weights are relative where they sum to less."""
    sums = cast(sums, "float64")
    size = max(1.0, rows / np.asarray(sums.total[-1]).sum())
    return tree.map_leaves(lambda leaf: size * leaf, sums)


def maximized(model: Mixture, sums: Moments) -> tuple[Mixture, np.ndarray]:
    """A mixture of the classes with the parameters of highest likelihood (and prior), and which classes (K,) had such."""
    with scope("float64"), np.errstate(all="ignore"):
        total = np.asarray(sums.total[-1], float).sum()
        return to_numpy(_maximized(model, cast(MixtureStatistics(sums, np.zeros(()), total), "float64")))


def added(before: list[np.ndarray], sums: Moments, unit: Family) -> Moments:
    """Sums kept before, as leaves, and sums, both with their cells counted, added."""
    sums = with_cells(sums, unit)
    kept = with_cells(tree.unflattened(sums, before), unit)
    return tree.map_leaves(np.add, kept, sums)


def _maximized(model: Mixture, statistics: MixtureStatistics) -> tuple[Mixture, Array]:
    return model.maximize(statistics), model.components.maximize(statistics.moments)[1]


def start_of(
    kind: ClassDistributions, table: LabelledRows, count: int, *, gaps: bool, precision: str
) -> tuple[Family, Any, np.ndarray]:
    """Where so many classes begin; the spread of all rows; and a point (D,) among them."""
    found, overall, centre = simple_start(kind, table, count, gaps=gaps, precision=precision)
    return kind.begun(found, overall), overall, centre


def simple_start(
    kind: ClassDistributions, table: LabelledRows, count: int, *, gaps: bool, precision: str
) -> tuple[Family, Any, np.ndarray]:
    """Classes of independent columns, found from the labelled rows; the spread of all rows; and a point (D,) among them."""
    simpler = kind.simpler()
    centres = centres_of(simpler, table, count, "known")
    sums = table.sums(simpler.unit, centres, gaps, precision, "known")
    of_classes = simpler.overall(sums, centres)
    found = simpler.components(of_classes, centres)
    found, _ = maximized(Mixture(np.full(count, 1 / count), found), sums)
    centre = centres_of(simpler, table, 1, "together")
    of_all = simpler.overall(table.sums(simpler.unit, centre, gaps, precision, "together"), centre)
    return cast(found.components, "float64"), kind.among_all(of_all, of_classes), centre[0]
