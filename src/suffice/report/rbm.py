"""What a page says of a fitted restricted Boltzmann machine."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from suffice.energy.rbm.tempering import base_of
from suffice.plot import AnnealingDisplay, FilterDisplay, LearningDisplay
from suffice.report.mixture.advice import Advice, with_options
from suffice.report.mixture.section import Section
from suffice.report.picture import Picture, data_uri, new_figure
from suffice.runtime.precision import cast, scope, to_numpy

SHOWN_ROWS = 2000
TEMPERATURES = (30, 100, 300, 1000)
HARDLY = 0.02
"""Share of the log-likelihood of independent columns that a model should gain."""


def rbm_section(
    estimator: Any,
    rows: np.ndarray,
    *,
    source: str,
    seconds: float,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    image_shape: tuple[int, ...] | None = None,
    command: Sequence[str] | None = None,
) -> Section:
    """Collect what a page says of one RBM."""
    n_visible, n_hidden = estimator.weights_.shape
    return Section(
        title=f"Restricted Boltzmann machine of {source}",
        lead=f"{n_hidden} hidden units learned from {len(rows):,} rows of {rows.shape[1]:,} columns of {source}.",
        outcome=f"{estimator.n_iter_} epochs. {estimator.outcome_}",
        converged="Diverged" not in estimator.outcome_,
        measures=[*likelihoods(estimator, rows), ("time", f"{seconds:.2f} s", "fit only")],
        advice=_advice(estimator, rows, command),
        warnings=list(warnings),
        pictures=_pictures(estimator, image_shape),
        components=[],
        factors=[],
        agreement=None,
        data=[("rows", f"{len(rows):,}"), ("columns", f"{rows.shape[1]:,}"), ("visible units", f"{n_visible:,}")]
        + [("note", note) for note in notes],
        settings=[(name, str(value)) for name, value in sorted(estimator.get_params().items())],
        command=None if command is None else " ".join(command),
        selection=None,
    )


def likelihoods(estimator: Any, rows: np.ndarray) -> list[tuple[str, str, str]]:
    """Log-likelihood of a row with how it was found, on at most 2,000 complete rows; names, values and hints."""
    shown = _complete(rows)
    if not len(shown):
        return [("log-likelihood", "none", "every row has missing cells")]
    reconstruction = f"{estimator.reconstruction_cross_entropy(shown).mean():.2f}"
    found = [("reconstruction", reconstruction, "cross-entropy, nats per row; no likelihood")]
    alone = (
        "independent columns",
        f"{_alone(estimator, shown):.2f}",
        "log-likelihood without hidden units, nats per row",
    )
    if estimator.model_.enumerable:
        return [("log-likelihood", f"{estimator.score(shown):.4f}", "nats per row, exact"), alone, *found]
    forward = estimator.log_partition("ais", n_temperatures=TEMPERATURES[-1])
    back = estimator.log_partition("reverse_ais", n_temperatures=TEMPERATURES[-1])
    value = estimator.score(shown)
    hint = f"nats per row, standard error {forward.standard_error:.2f} (annealing)"
    lower = ("the other way", f"{value + forward.value - back.value:.2f}", "annealing from the model's own samples")
    return [("log-likelihood", f"{value:.2f}", hint), lower, alone, *found]


def _alone(estimator: Any, rows: np.ndarray) -> float:
    """Mean log-likelihood of complete rows under the visible biases that the fit began with, and nothing else."""
    alone = copy(estimator)
    with scope("float64"):
        base = alone.model_ = to_numpy(base_of(cast(estimator.model_, "float64"), estimator.base_))
        log_partition = float(base.log_normaliser(base.visible_bias)) + len(base.hidden_bias) * np.log(2)
    units = np.log(estimator.scale_).sum() if estimator.visible == "gaussian" else 0.0
    return float(-alone.free_energy(rows).mean() - log_partition - units)


def _complete(rows: np.ndarray) -> np.ndarray:
    shown = rows[:: -(-len(rows) // SHOWN_ROWS)]
    return shown[~np.isnan(shown).any(axis=1)] if shown.dtype.kind == "f" else shown


def _pictures(estimator: Any, image_shape: tuple[int, ...] | None) -> list[Picture]:
    figure, ax = new_figure((5.6, 3.9))
    LearningDisplay.from_estimator(estimator, ax=ax)
    caption = "Training and held-out rows reconstructed, epoch by epoch; smaller is not always likelier."
    found = [Picture("Learning", caption, data_uri(figure))]
    if not estimator.model_.enumerable:
        figure, ax = new_figure((5.6, 3.9))
        AnnealingDisplay.from_estimator(estimator, temperatures=TEMPERATURES, ax=ax)
        found.append(Picture("Annealing", "log Z from both ends; where they meet it can be trusted.", data_uri(figure)))
    if image_shape is not None:
        figure, ax = new_figure((7.5, 7.0))
        FilterDisplay.from_estimator(estimator, image_shape=image_shape, ax=ax)
        caption = "Weights of the hidden units of largest norm."
        found.append(Picture("Filters", caption, data_uri(figure), wide=True))
    return found


def _advice(estimator: Any, rows: np.ndarray, command: Sequence[str] | None) -> list[Advice]:
    shown = _complete(rows)
    alone = _alone(estimator, shown) if len(shown) else 0.0
    if len(shown) and estimator.score(shown) - alone < HARDLY * abs(alone):
        text = (
            "The model is hardly likelier than independent columns: it takes more steps, so more epochs, smaller batches or a "
            "larger learning_rate."
        )
        return [Advice(text, _try(command, epochs=5 * estimator.n_iter_))]
    gap = estimator.trace_.get("free_energy_gap")
    if gap is None or not len(gap):
        text = "There are no figures of rows held out: hold some out to see whether the model overfits."
        return [Advice(text, _try(command, validation_fraction=0.1))]
    if gap[-1] > 1:
        text = (
            f"Rows held out have a free energy {gap[-1]:.2f} nats above that of training rows, which grows with overfitting. "
            "Stop where it is small, or pull the weights to 0."
        )
        return [Advice(text, _try(command, largest_gap=1.0))]
    text = (
        f"Rows held out fit as well as training rows (free-energy gap {gap[-1]:.2f} nats): more hidden units may help."
    )
    return [Advice(text, _try(command, n_hidden=2 * estimator.n_hidden))]


def _try(command: Sequence[str] | None, **settings: object) -> tuple[str, ...]:
    return () if command is None else (with_options(command, **settings),)
