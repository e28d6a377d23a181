"""Refits to rows drawn anew, from the rows or from the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from suffice.fit.expectation_maximization import em
from suffice.latent.membership import MembershipMixture
from suffice.latent.mixture import Mixture
from suffice.latent.readers import placed
from suffice.rows.frequencies import one_by_one
from suffice.rows.missing import with_nan
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.precision import scope
from suffice.uncertainty.neighbourhood import Neighbourhood
from suffice.uncertainty.side_by_side import refitted_to_counts

TOGETHER = 50
"""Refits side by side."""


def to_resampled_rows(near: Neighbourhood, samples: int, generator: np.random.Generator) -> Iterator[Any]:
    """Models refitted to as many rows drawn from the rows, each as likely as its weight; None where a component was lost."""
    (values, *codes), weight = _in_memory(near)
    total, share = max(1, round(weight.sum())), weight / weight.sum()
    for start in range(0, samples, TOGETHER):
        counts = generator.multinomial(total, share, min(TOGETHER, samples - start)).T.astype(np.int32)
        if isinstance(near.model, Mixture) and not codes:
            models = refitted_to_counts(near.model, near.origin, values, counts)
            yield from (_unless_lost(_restored(near, model), total) for model in models)
        else:
            yield from (_refitted(near, [values, *codes], column.astype(float)) for column in counts.T)


def to_drawn_rows(near: Neighbourhood, samples: int, generator: np.random.Generator) -> Iterator[Any]:
    """Models refitted to rows drawn from the model, with cells missing and components known where they are in the rows."""
    (values, *codes), weight = _in_memory(near)
    each = one_by_one(weight, generator)
    values, *codes = (part[each] for part in (values, *codes))
    model, missing, count = near.restored(), np.isnan(with_nan(values)), len(values)
    for _ in range(samples):
        if isinstance(model, MembershipMixture):
            chances = np.cumsum(model.memberships(codes[0][:, 1:]), 1)
            drawn = model.components.draw((generator.random((count, 1)) > chances[:, :-1]).sum(1), generator)
        elif isinstance(model, Mixture):
            component = generator.choice(len(model.weights), size=count, p=model.weights / model.weights.sum())
            drawn = model.components.draw(component, generator)
            codes = [np.where(known > 0, component + 1, 0).astype(known.dtype) for known in codes]
        else:
            drawn = model.draw(count, generator)
        yield _refitted(near, [np.where(missing, np.nan, drawn), *codes], np.ones(count))


def _refitted(near: Neighbourhood, parts: list[np.ndarray], weight: np.ndarray) -> Any:
    """The model refitted to rows, beside their known components where there are any."""
    chosen, start = np.flatnonzero(weight), near.restored()
    parts = [part[chosen] for part in parts]
    data: Any = tuple(parts) if len(parts) > 1 else parts[0]
    with one_blas_thread(), scope("float64"):
        found = em(start, placed(data, weight[chosen], start, near.origin, "float64")).model
    return _unless_lost(found, weight.sum())


def _unless_lost(model: Any, rows: float) -> Any:
    """The model, or None where a component has less than one row's weight."""
    lost = isinstance(model, Mixture) and (np.asarray(model.weights)[: model.clusters] * rows < 1).any()
    return None if lost else model


def _restored(near: Neighbourhood, model: Any) -> Any:
    return model if near.origin is None else model.translated(near.origin)


def _in_memory(near: Neighbourhood) -> tuple[list[np.ndarray], np.ndarray]:
    """Rows, known components where there are any, and weights (n,)."""
    parts = list(near.data) if isinstance(near.data, tuple) else [near.data]
    if not all(isinstance(part, np.ndarray) for part in parts):
        raise ValueError("The bootstrap draws from rows in memory; give an array or a DataFrame, not batches.")
    return parts, np.ones(len(parts[0])) if near.weight is None else near.weight
