"""Rows held out of a fit, and what fits to the others say of them."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit, check_cv
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import _num_samples

from suffice.rows.streams import is_stream
from suffice.runtime.types import RandomState
from suffice.selection.neighbour import Fit, best_fit, sound_or
from suffice.selection.rows import Rows
from suffice.validation import check_count

if TYPE_CHECKING:
    from suffice.estimators.shared.comparison import Compared


class Splitter(Protocol):
    """What divides rows, as those of ``sklearn.model_selection`` do."""

    def split(self, X: np.ndarray) -> Iterable[tuple[np.ndarray, np.ndarray]]:
        """Places of the rows to fit to, and of those held out."""
        ...


class HeldOut:
    """Parts of the rows, each with its complement to fit to and the last fit made there, the neighbour of the next."""

    def __init__(self, rows: Rows, splits: list[tuple[np.ndarray, np.ndarray]]):
        self.parts = [(rows.part(train), rows.part(test)) for train, test in splits]
        self.weight = np.concatenate([test.weights() for _, test in self.parts])
        if not self.weight.sum() > 0:
            raise ValueError("The rows held out have no weight; hold out more, or others.")
        self.neighbours: list[Fit | None] = [None] * len(self.parts)
        self.reason = ""

    def forget(self) -> None:
        """Begin with another family or setting."""
        self.neighbours = [None] * len(self.parts)

    def evidence(self, estimator: Compared) -> np.ndarray:
        """Log-likelihood of the rows held out, one part after the other, in nats."""
        parts = zip(self.parts, self.neighbours, strict=True)
        fits = [best_fit(estimator, train, neighbour) for (train, _), neighbour in parts]
        self.neighbours = [sound_or(fit, before) for fit, before in zip(fits, self.neighbours, strict=True)]
        degenerate = [fit for fit in fits if not fit.sound]
        self.reason = (
            f"Components degenerated in {len(degenerate)} of {len(fits)} fits that left rows out." if degenerate else ""
        )
        tests = zip(fits, self.parts, strict=True)
        return np.concatenate([fit.estimator.score_samples(test.rows) for fit, (_, test) in tests])


def held_out(
    rows: Rows, criterion: str, validation_fraction: float | None, cv: Splitter | int | None
) -> HeldOut | None:
    """What is asked for, or None."""
    if criterion != "held_out" and validation_fraction is None and cv is None:
        return None
    if is_stream(rows.rows):
        raise ValueError(
            "Rows of a stream cannot be held out, since it can only be read whole: choose another criterion, or give the rows "
            "as an array."
        )
    if validation_fraction is not None and cv is not None:
        raise ValueError("validation_fraction and cv were both given; give the one that says which rows to hold out.")
    count = _num_samples(rows.rows)
    check_consistent_length(rows.rows, rows.weight)
    return HeldOut(rows, list(_splitter(validation_fraction, cv, rows.random_state, count).split(np.zeros(count))))


def _splitter(
    validation_fraction: float | None, cv: Splitter | int | None, random_state: RandomState, count: int
) -> Any:
    seed = check_random_state(random_state).randint(2**31 - 1)
    if cv is None:
        fraction = 0.2 if validation_fraction is None else validation_fraction
        if not isinstance(fraction, Real) or not 0 < float(fraction) < 1:
            raise ValueError(f"validation_fraction={fraction!r} was given; a number between 0 and 1 is expected.")
        return ShuffleSplit(1, test_size=float(fraction), random_state=seed)
    if isinstance(cv, Integral):
        check_count("cv", cv, 2)
        if int(cv) > count:
            raise ValueError(f"cv={cv} folds were asked for of {count} rows; give at most as many folds as rows.")
        return KFold(int(cv), shuffle=True, random_state=seed)
    return check_cv(cast(Any, cv))


def standard_error(difference: np.ndarray, weight: np.ndarray) -> float:
    """Standard error of the weighted mean of paired differences."""
    mean = weight @ difference / weight.sum()
    return float(np.sqrt(np.square(weight * (difference - mean)).sum()) / weight.sum())
