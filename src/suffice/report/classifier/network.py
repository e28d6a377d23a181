"""A page about a fitted classifier by a network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from suffice.plot import FilterDisplay, MistakesDisplay, TrainingDisplay
from suffice.plot.canvas import component_colours
from suffice.report.classifier.page import ClassLine
from suffice.report.classifier.pictures import calibration_picture, confusion_picture
from suffice.report.mixture.advice import with_options
from suffice.report.page import write_template
from suffice.report.picture import Picture, data_uri, new_figure

SEEN = (
    "No rows were held out, so these are figures of the rows of the fit: expect less of others (--validation-fraction)."
)


def write_neural_report(
    estimator: Any,
    rows: np.ndarray,
    target: np.ndarray,
    path: str | os.PathLike[str],
    *,
    source: str,
    target_name: str,
    sample_weight: np.ndarray | None = None,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    seconds: float | None = None,
    command: Sequence[str] | None = None,
) -> str:
    """Write a page with learning curves, confusion matrix, confident mistakes and filters; returns a sentence on accuracy."""
    held = estimator.validation_rows_
    tested, how = (
        (held, f"Measured on {len(held):,} rows held out of the fit.") if len(held) else (np.arange(len(rows)), SEEN)
    )
    weight = (np.ones(len(rows)) if sample_weight is None else sample_weight)[tested]
    names, codes = estimator.classes_.astype(str), np.searchsorted(estimator.classes_, target[tested])
    probability = estimator.predict_proba(rows[tested])
    found = probability.argmax(1)
    accuracy = float(np.average(found == codes, weights=weight))
    surprise = float(np.average(-np.log(np.maximum(probability[np.arange(len(codes)), codes], 1e-30)), weights=weight))
    net = type(estimator.model_).__name__
    measures = [("accuracy", f"{accuracy:.2%}", "of rows held out" if len(held) else "of the rows of the fit"),
                ("log loss", f"{surprise:.4f}", "nats per row"), ("epochs", f"{estimator.n_iter_:,}", "passes over the rows"),
                ("parameters", f"{parameter_count(estimator.model_):,}", f"of the {net}")]  # fmt: skip
    if seconds is not None:
        measures.append(("time", f"{seconds:.2f} s", "one fit, compilation included"))
    pictures = [
        *curve_pictures(estimator),
        confusion_picture(codes, found, weight, names),
        calibration_picture(codes, probability, weight),
        *_mistakes(estimator, rows[tested], target[tested]),
        *filter_pictures(estimator),
    ]
    write_template(
        path, "classifier.html.j2", title=f"{net} of {target_name} in {source}", lead=_lead(net, names, rows),
        outcome=estimator.outcome_, converged="iverged" not in estimator.outcome_, warnings=list(warnings), measures=measures,
        how=how, pictures=pictures, target_name=target_name, classes=_lines(names, estimator.classes_, target, codes, found),
        settings=[(name, str(value)) for name, value in sorted(estimator.get_params(deep=False).items())],
        data=[("source", source), ("rows", f"{len(rows):,}"), ("columns", f"{rows.shape[1]:,}"),
              *[("note", note) for note in notes]],
        command=None if command is None else with_options(command),
    )  # fmt: skip
    return f"accuracy {accuracy:.2%}, log loss {surprise:.4f} nats per row. {how}"


def parameter_count(net: Any) -> int:
    """How many numbers a network learns."""
    import equinox as eqx
    import jax

    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)))


def curve_pictures(estimator: Any) -> list[Picture]:
    """Loss and, where it is known, error of training and held-out rows by epoch."""
    shown = []
    for figure in ("loss", "error"):
        if f"training_{figure}" in estimator.trace_:
            drawn, ax = new_figure((5.6, 3.9))
            TrainingDisplay.from_estimator(estimator, figure=figure, ax=ax)
            caption = f"The {figure} after each epoch, measured on the network as it is used."
            shown.append(Picture(f"{figure.capitalize()} by epoch", caption, data_uri(drawn)))
    return shown


def filter_pictures(estimator: Any) -> list[Picture]:
    """Weights of the first layer as images, where rows are images."""
    filters = first_filters(estimator.model_, getattr(estimator, "image_shape_", None))
    if filters is None:
        return []
    figure, ax = new_figure((6.5, 6.0))
    FilterDisplay(weights=filters.reshape(len(filters), -1).T, image_shape=filters.shape[1:]).plot(ax=ax)
    return [Picture("Filters", "Weights of the first layer, those of largest norm first.", data_uri(figure), wide=True)]


def first_filters(net: Any, image_shape: tuple[int, ...] | None) -> np.ndarray | None:
    """Weights of the first layer as images (n, height, width); None where rows are no images."""
    import equinox as eqx
    import jax

    arrays = [
        np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_inexact_array)) if leaf.ndim in (2, 4)
    ]
    if image_shape is None or not arrays:
        return None
    if arrays[0].ndim == 4:
        return arrays[0].reshape(-1, *arrays[0].shape[2:])
    pixels = int(np.prod(image_shape))
    weights = arrays[0] if arrays[0].shape[1] == pixels else arrays[0].T
    return weights.reshape(-1, *image_shape[1:]) if weights.shape[1] == pixels else None


def _mistakes(estimator: Any, rows: np.ndarray, target: np.ndarray) -> list[Picture]:
    if getattr(estimator, "image_shape_", None) is None or estimator.image_shape_[0] not in (1, 3):
        return []
    figure, ax = new_figure((9.2, 4.9))
    display = MistakesDisplay.from_estimator(estimator, rows, target, ax=ax)
    if not len(display.shown_):
        return []
    caption = (
        "Rows of which the classifier is most sure of a wrong class: their class → the one given, and its probability."
    )
    return [Picture("Confidently wrong", caption, data_uri(figure), wide=True)]


def _lead(net: str, names: np.ndarray, rows: np.ndarray) -> str:
    return f"A network ({net}) that tells {len(names)} classes apart, fitted to {len(rows):,} rows of {rows.shape[1]:,} columns."


def _lines(
    names: np.ndarray, classes: np.ndarray, target: np.ndarray, codes: np.ndarray, found: np.ndarray
) -> list[ClassLine]:
    right = np.bincount(codes[codes == found], minlength=len(names))
    recall = right / np.maximum(np.bincount(codes, minlength=len(names)), 1)
    precision = right / np.maximum(np.bincount(found, minlength=len(names)), 1)
    count = [int((target == name).sum()) for name in classes]
    parts = zip(
        names, component_colours(len(names)), np.divide(count, len(target)), count, recall, precision, strict=True
    )
    return [ClassLine(*part) for part in parts]
