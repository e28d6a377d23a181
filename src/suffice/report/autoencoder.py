"""What a page says of a fitted autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from suffice.plot import ReconstructionDisplay
from suffice.report.classifier.network import curve_pictures, filter_pictures, parameter_count
from suffice.report.mixture.advice import Advice, with_options
from suffice.report.mixture.section import Section
from suffice.report.picture import Picture, data_uri, new_figure

SHOWN_ROWS = 12


def autoencoder_section(
    estimator: Any,
    rows: np.ndarray,
    *,
    title: str,
    source: str,
    seconds: float,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    command: Sequence[str] | None = None,
) -> Section:
    """Collect what a page says of one autoencoder."""
    hidden = estimator.weights_.shape[1]
    return Section(
        title=f"{title} of {source}",
        lead=f"{hidden} hidden units learned from {len(rows):,} rows of {rows.shape[1]:,} columns of {source}.",
        outcome=f"{estimator.n_iter_} epochs. {estimator.outcome_}",
        converged="iverged" not in estimator.outcome_,
        measures=[*losses(estimator), ("parameters", f"{parameter_count(estimator.model_):,}", "of the network"),
                  ("time", f"{seconds:.2f} s", "fit only")],
        advice=_advice(estimator, command),
        warnings=list(warnings),
        pictures=[*curve_pictures(estimator), _reconstructions(estimator, rows), *filter_pictures(estimator)],
        components=[],
        factors=[],
        agreement=None,
        data=[("rows", f"{len(rows):,}"), ("columns", f"{rows.shape[1]:,}"), *[("note", note) for note in notes]],
        settings=[(name, str(value)) for name, value in sorted(estimator.get_params(deep=False).items())],
        command=None if command is None else with_options(command),
        selection=None,
    )  # fmt: skip


def losses(estimator: Any) -> list[tuple[str, str, str]]:
    """Losses of the weights that are kept: names, values and hints."""
    kind = "cross-entropy, nats per row" if estimator.visible_ == "bernoulli" else "half the squared distance per row"
    place = list(estimator.trace_["epoch"]).index(estimator.best_epoch_)
    return [
        (f"{part} loss", f"{estimator.trace_[f'{part}_loss'][place]:.3f}", kind)
        for part in ("training", "validation") if f"{part}_loss" in estimator.trace_
    ]  # fmt: skip


def _reconstructions(estimator: Any, rows: np.ndarray) -> Picture:
    shown = rows[:: max(1, len(rows) // SHOWN_ROWS)][:SHOWN_ROWS]
    shape = estimator.image_shape_
    figure, ax = new_figure((9.0, 2.6))
    pictured = None if shape is None else (shape[0] * shape[1], shape[2])
    said = estimator.inverse_transform(estimator.transform(shown))
    ReconstructionDisplay(rows=shown, reconstructed=said, image_shape=pictured).plot(ax=ax)
    return Picture("Reconstructions", "Rows, and what the hidden units keep of them.", data_uri(figure), wide=True)


def _advice(estimator: Any, command: Sequence[str] | None) -> list[Advice]:
    if command is None or "validation_loss" not in estimator.trace_:
        return []
    last, epochs = estimator.trace_["validation_loss"], estimator.n_iter_
    if estimator.best_epoch_ < epochs or len(last) < 2:
        return []
    text = "The loss of rows held out was still falling at the end: more epochs may help."
    return [Advice(text, (with_options(command, epochs=2 * epochs),))]
