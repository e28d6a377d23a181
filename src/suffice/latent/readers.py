"""What a fitted model says of each row, and of all of them: read from a model and rows, wherever these live."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from scipy.special import xlogy

from suffice.latent.expectation import MixtureStatistics, normalised
from suffice.latent.spread import precision_for, reach_of
from suffice.model import EStep
from suffice.rows.block import NO_ROWS
from suffice.rows.place import missing_layout, place
from suffice.rows.row_function import RowFunction, prepare
from suffice.rows.sparse import SparseRows
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.module import replaced
from suffice.runtime.precision import cast, scope, to_numpy


class Reader(RowFunction):
    """What the E-step ``expectation`` says of each row."""

    expectation: Any

    @property
    def ready(self) -> bool:
        """Whether the E-step is prepared."""
        return not isinstance(self.expectation, EStep)

    def prepare(self) -> Callable[..., Any]:
        """The reader of the prepared E-step."""
        return replaced(self, expectation=prepare(self.expectation))


class MostProbable(Reader):
    """The most probable component of each row."""

    def __call__(self, rows: Array, weight: Array) -> Array:
        return self.expectation.relative(rows).argmax(-2)


class Responsibilities(Reader):
    """Responsibilities (n, K)."""

    def __call__(self, rows: Array, weight: Array) -> Array:
        return normalised(self.expectation.relative(rows))[1].T


class Evidence(Reader):
    """log p(x) of each row."""

    def __call__(self, rows: Array, weight: Array) -> Array:
        return normalised(self.expectation.joint(rows))[0]


class LogJoint(Reader):
    """log p(x, k) of each row, (n, K)."""

    def __call__(self, rows: Array, weight: Array) -> Array:
        return self.expectation.joint(rows).T


def read(model: Any, batches: Iterable[np.ndarray], reader: Callable[[Any], Any], precision: str = "float64") -> Any:
    """What ``reader`` makes of a model's E-step and each tile of rows (n, D), put end to end; NaN is a missing cell."""
    precision = precision_for(model, precision)
    with one_blas_thread(), scope(precision):
        moved, origin, expectation, reach = ready(model, precision)
        function, parts = reader(expectation), []
        for rows in batches:
            where = placed(within(reach, rows, origin), None, moved, origin, precision)
            function = where.prepared(function)
            parts.append(cast(where.each(function), precision))
    if not parts:
        raise ValueError(NO_ROWS)
    return parts[0] if len(parts) == 1 else tree.map_leaves(lambda *leaves: np.concatenate(leaves), *parts)


KEPT_NUMBERS = 1 << 18
"""Models of more numbers are made ready whenever they are read: that is little beside reading, and memory is not."""
_ready: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""Of models that were read, what the next reading needs: most of the time that one row takes."""


def within(reach: np.ndarray, rows: np.ndarray, origin: np.ndarray | None) -> np.ndarray:
    """Rows, but those beyond the reach (D,) of a model at its end in their direction, where its answers are the same."""
    if (
        isinstance(rows, SparseRows)
        or np.fmax.reduce(np.abs(rows), axis=None, initial=0) <= reach.min(initial=np.inf) / 2
    ):
        return rows
    deviation = np.asarray(rows, float) - (0.0 if origin is None else origin)
    most = np.nan_to_num(np.abs(deviation / reach)).max(1, initial=1.0)
    return np.where((most > 1)[:, None], deviation / most[:, None] + (0.0 if origin is None else origin), rows)


def ready(model: Any, precision: str) -> tuple[Any, np.ndarray | None, Any, np.ndarray]:
    """A model for rows measured from its centre, this origin, its E-step and reach; of a small model worked out once."""
    found = _ready.get(model, {}).get(precision)
    if found is not None:
        return found
    moved, origin = centred(model, precision)
    expectation: Any = EStep(moved, moved.needs_centring())
    if moved.width is None or sum(np.size(leaf) for leaf in tree.leaves(moved)) > KEPT_NUMBERS:
        return moved, origin, expectation, reach_of(moved)
    with np.errstate(all="ignore"):
        found = moved, origin, expectation.prepare(), reach_of(moved)
    _ready.setdefault(model, {})[precision] = found
    return found


def centred(model: Any, precision: str) -> tuple[Any, np.ndarray | None]:
    """A model for rows measured from its centre, and this origin; as it is where there is none."""
    origin = model.centre()
    return cast(model if origin is None else model.translated(-origin), precision), origin


def placed(data: Any, weight: Any, model: Any, origin: np.ndarray | None, precision: str) -> Any:
    """Rows laid out for a model, measured from an origin."""
    gaps = missing_layout(model.missing, data)
    return place(data, weight, origin=origin, precision=precision, tile=model.tile, missing=gaps, width=model.width)


def statistics(model: Any, data: Any, weight: np.ndarray | None = None) -> tuple[MixtureStatistics, np.ndarray | None]:
    """Expected statistics of rows (n, D), or of a pair of rows and known components, about the model's centre; and this."""
    with scope("float64"):
        moved, origin = centred(model, "float64")
        return to_numpy(placed(data, weight, moved, origin, "float64").total(EStep(moved, False))), origin


def bic(log_likelihood: float, parameters: int, rows: float) -> float:
    """Bayesian information criterion of so many parameters and rows; lower is better (Schwarz, 1978)."""
    return -2 * log_likelihood + parameters * float(np.log(rows))


def aic(log_likelihood: float, parameters: int) -> float:
    """Akaike information criterion; lower is better (Akaike, 1974)."""
    return -2 * log_likelihood + 2 * parameters


def sabic(log_likelihood: float, parameters: int, rows: float) -> float:
    """BIC with the number of rows adjusted (Sclove, 1987); lower is better."""
    return -2 * log_likelihood + parameters * float(np.log((rows + 2) / 24))


def caic(log_likelihood: float, parameters: int, rows: float) -> float:
    """Consistent Akaike information criterion (Bozdogan, 1987); lower is better."""
    return -2 * log_likelihood + parameters * (float(np.log(rows)) + 1)


def entropy(share: np.ndarray) -> np.ndarray:
    """Entropy (n,) of responsibilities (n, K)."""
    return -xlogy(share, share).sum(1)
