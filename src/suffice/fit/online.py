"""Online expectation-maximisation: statistics that run along with batches, and a maximisation after each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.latent.expectation import MixtureStatistics
from suffice.latent.families.mixed import Mixed
from suffice.latent.mixture import Mixture
from suffice.latent.readers import centred
from suffice.latent.spread import precision_for
from suffice.model import EStep
from suffice.rows.place import missing_layout, place
from suffice.runtime import tree
from suffice.runtime.module import replaced
from suffice.runtime.precision import cast, scope, to_numpy
from suffice.validation import check_at_least


def step_size(step: int, decay: float, offset: float) -> float:
    r"""How much of the running statistics a step replaces, :math:`\rho_t = \min(1, (t + t_0)^{-\alpha})`."""
    return min(1.0, float(step + offset) ** -decay)


def effective_rows(before: float, batch: float, rho: float) -> float:
    r"""Number of equally weighted rows that say as much as rows of unequal weight, :math:`(\sum w)^2 / \sum w^2` (Kish, 1965)."""
    return 1 / ((1 - rho) ** 2 / before + rho**2 / batch)


@dataclass(frozen=True)
class Running:
    """Where online EM stands: a model measured from ``origin``, the leaves of its statistics for each row, and rows behind them.

    ``sums`` is None where no statistics are known, so that the next batch replaces them whole.
    """

    model: Mixture
    origin: np.ndarray | None
    sums: list[np.ndarray] | None = None
    rows: float = 0.0
    steps: int = 0


def running_at(model: Mixture, rows: float | None) -> Running:
    """Where online EM goes on from a fitted model that rests on so many rows; None where that is not known."""
    model, origin = centred(model, "float64")
    with scope("float64"):
        sums = None if rows is None else statistics_at(model, rows)
    if rows is None or sums is None:
        return Running(model, origin)
    return Running(model, origin, [np.asarray(leaf) / rows for leaf in tree.leaves(sums)], rows)


def statistics_at(mixture: Mixture, rows: float) -> MixtureStatistics | None:
    """Statistics about zero, cells counted, of so many rows whose maximisation gives these parameters; None if not known."""
    excess = mixture.prior.concentration - 1
    counts = mixture.weights * (rows + excess * mixture.log_weights.shape[-1]) - excess
    moments = mixture.components.moments_at(counts)
    return None if moments is None else MixtureStatistics(moments, np.zeros(counts.shape[:-1]), np.asarray(rows))


def resumed(model: Mixture, origin: np.ndarray | None, sums: list[np.ndarray], rows: float, steps: int) -> Running:
    """Where online EM stood after some steps, from the fitted model of rows as they are."""
    moved = cast(model if origin is None else model.translated(-origin), "float64")
    return Running(moved, origin, sums, rows, steps)


def check_schedule(decay: float, offset: float) -> None:
    """Refuse steps that grow smaller too quickly or too slowly."""
    check_at_least("learning_offset", offset, 0.0)
    check_at_least("learning_decay", decay, 0.5)
    if not 0.5 < decay <= 1:
        raise ValueError(f"learning_decay={decay!r} was given; a number above 0.5 and at most 1 is expected.")


def online_step(
    before: Running, data: Any, weight: np.ndarray, *, decay: float, offset: float, precision: str = "float64"
) -> tuple[Running, float]:
    """One step with a batch: rows (n, D), or a pair of rows and known components; and the batch's log-likelihood before it."""
    batch, size = expected(before.model, data, weight, before.origin, precision), float(weight.sum())
    rho, rows, sums = 1.0, size, before.sums
    if sums is None:
        sums = [np.zeros_like(leaf) for leaf in tree.leaves(batch)]
    else:
        rho = step_size(before.steps + 1, decay, offset)
        rows = effective_rows(before.rows, size, rho)
    with scope("float64"), np.errstate(all="ignore"):
        running = tree.unflattened(batch, sums)
        model, running = to_numpy(_advanced(before.model, batch, running, np.asarray(rho), np.asarray(rows)))
    return Running(model, before.origin, tree.leaves(running), rows, before.steps + 1), float(batch.log_likelihood)


def expected(
    model: Mixture, data: Any, weight: np.ndarray, origin: np.ndarray | None, precision: str
) -> MixtureStatistics:
    """Statistics of a batch about zero; of independent columns always with their cells counted, so that all can be added."""
    precision = precision_for(model, precision)
    lowered = cast(model, precision)
    with scope(precision):
        counted = lowered.components.missing == "mask" or isinstance(lowered.components, Mixed)
        gaps = model.missing if counted else missing_layout(model.missing, data)
        placed = place(data, weight, origin=origin, precision=precision, tile=model.tile, missing=gaps,
                        width=lowered.width)  # fmt: skip
        sums = to_numpy(placed.total(EStep(lowered, lowered.needs_centring())))
    with scope("float64"):
        moments = cast(lowered, "float64").components.about_zero(cast(sums.moments, "float64"))
        return cast(to_numpy(replaced(sums, moments=moments)), "float64")


def _advanced(model: Any, batch: Any, running: Any, rho: np.ndarray, rows: np.ndarray) -> tuple[Any, Any]:
    r"""The model after one step, and the new running statistics :math:`(1 - \rho) s + \rho s_{batch} / w_{batch}`."""
    mixed = tree.map_leaves(lambda old, new: (1 - rho) * old + rho * new / batch.weight, running, batch)
    return model.maximize(tree.map_leaves(lambda leaf: rows * leaf, mixed)), mixed
