"""The figures that candidates are compared by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np
from scipy.special import xlogy

from suffice.choices import Criterion
from suffice.estimators.mixtures.base import MixtureEstimator
from suffice.fit.ranking import ranking
from suffice.latent.readers import caic, sabic
from suffice.rows.streams import is_stream, parted
from suffice.runtime.types import Batch
from suffice.selection.rows import Rows

if TYPE_CHECKING:
    from suffice.estimators.shared.comparison import Compared


CRITERIA = get_args(Criterion)


def ranked(table: dict[str, np.ndarray], criterion: str) -> list[int]:
    """Rows of the table, best first: those that are sound, or all that were fitted where none is."""
    values = table[criterion] if criterion == "held_out" else -table[criterion]
    fitted, sound = np.isfinite(values), sound_rows(table)
    fair = fitted & sound if (fitted & sound).any() else fitted
    return [row for row in ranking(values, sound) if fair[row]]


def sound_rows(table: dict[str, np.ndarray]) -> np.ndarray:
    """Which rows were fitted without degenerate components; tables of earlier versions have notes on no others."""
    return table["sound"] if "sound" in table else table["note"] == ""


def criteria(estimator: Compared, rows: Rows) -> dict[str, float]:
    """Mean log-likelihood, parameters, and the criteria of the fitted rows, in two passes; ICL is BIC without groups."""
    log_likelihood, entropy, total = 0.0, 0.0, 0.0
    for part, weight in _parts(rows):
        evidence = estimator.score_samples(part)
        weight = np.ones(len(evidence)) if weight is None else np.asarray(weight, float)
        log_likelihood += float(weight @ evidence)
        if isinstance(estimator, MixtureEstimator):
            share = estimator.predict_proba(part)
            entropy -= float(weight @ xlogy(share, share).sum(1))
        total += float(weight.sum())
    count = estimator.model_.parameter_count()
    bic = -2 * log_likelihood + count * float(np.log(total))
    return {"log_likelihood": log_likelihood / total, "parameters": count, "bic": bic,
            "aic": -2 * log_likelihood + 2 * count, "icl": bic + 2 * entropy, "sabic": sabic(log_likelihood, count, total),
            "caic": caic(log_likelihood, count, total)}  # fmt: skip


def _parts(rows: Rows) -> Any:
    """All rows at once, or the batches of a stream one by one."""
    if not is_stream(rows.rows):
        return [(rows.rows, rows.weight)]
    return (([batch], weight) for batch, weight in parted(cast("Iterable[Batch]", rows.rows)) if len(weight))
