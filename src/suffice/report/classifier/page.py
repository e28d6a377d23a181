"""A page about a fitted classifier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot.canvas import component_colours
from suffice.report.classifier.held_out import HeldOut, held_out
from suffice.report.classifier.pictures import (
    calibration_picture,
    confusion_picture,
    density_picture,
    region_picture,
    telling,
)
from suffice.report.mixture.advice import with_options
from suffice.report.mixture.section import model_name
from suffice.report.page import write_template

SAMPLE_ROWS = 3000


@dataclass(frozen=True)
class ClassLine:
    """A line of the table of classes; recall and precision are of rows held out."""

    name: str
    colour: str
    prior: float
    rows: int
    recall: float
    precision: float


def write_classifier_report(
    estimator: Any,
    rows: Any,
    target: np.ndarray,
    path: str | os.PathLike[str],
    *,
    source: str,
    columns: Sequence[str],
    target_name: str,
    sample_weight: np.ndarray | None = None,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    seconds: float | None = None,
    command: Sequence[str] | None = None,
) -> str:
    """Write a page with decision regions, calibration, confusion matrix and densities; returns a sentence on accuracy."""
    tested = held_out(estimator, rows, target, sample_weight)
    weight = np.ones(len(target)) if sample_weight is None else sample_weight
    names, codes = estimator.classes_.astype(str), np.searchsorted(estimator.classes_, target[tested.rows])
    accuracy, surprise = _accuracy(tested, codes, weight)
    plain, values = on_codes(estimator), np.asarray(coded_rows(estimator, rows), float)
    shown = _sample(np.flatnonzero(np.isin(target, estimator.classes_)))
    values, of_shown = values[shown], np.searchsorted(estimator.classes_, target[shown])
    best, kind = telling(values, of_shown), model_name(estimator)
    pictures = [
        *([region_picture(plain, values, of_shown, best[:2], columns, names)] if len(best) > 1 else []),
        confusion_picture(codes, tested.probability.argmax(1), weight[tested.rows], names),
        calibration_picture(codes, tested.probability, weight[tested.rows]),
        density_picture(plain, values, of_shown, best, columns, names),
    ]
    measures = [("accuracy", f"{accuracy:.2%}", "of rows held out"), ("log loss", f"{surprise:.4f}", "nats per row held out"),
                ("iterations", f"{estimator.n_iter_:,}", "passes over the rows")]  # fmt: skip
    if seconds is not None:
        measures.append(("time", f"{seconds:.2f} s", "one fit, compilation included"))
    settings = [(name, str(value)) for name, value in sorted(estimator.get_params(deep=False).items())]
    write_template(
        path, "classifier.html.j2", title=f"{kind} of {target_name} in {source}", lead=_lead(kind, names, target, columns),
        outcome=estimator.outcome_, converged=bool(estimator.converged_), warnings=list(warnings), measures=measures,
        how=tested.how, pictures=sorted(pictures, key=lambda picture: picture.wide), target_name=target_name,
        classes=_lines(estimator, names, target, codes, tested), settings=settings,
        data=[("source", source), ("rows", f"{len(target):,}"), ("columns", ", ".join(columns[:40])),
              *[("note", note) for note in notes]],
        command=None if command is None else with_options(command),
    )  # fmt: skip
    return f"accuracy {accuracy:.2%}, log loss {surprise:.4f} nats per row. {tested.how}"


def _lead(kind: str, names: np.ndarray, target: np.ndarray, columns: Sequence[str]) -> str:
    return f"A {kind} of {len(names)} classes, fitted to {len(target):,} rows in {len(columns):,} columns."


def _accuracy(tested: HeldOut, codes: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Share of the rows whose most probable class is theirs, and mean of minus the logarithm of its probability."""
    own = np.take_along_axis(tested.probability, codes[:, None], 1)[:, 0]
    weight = weight[tested.rows]
    right = tested.probability.argmax(1) == codes
    return float(np.average(right, weights=weight)), float(np.average(-np.log(np.maximum(own, 1e-15)), weights=weight))


def _sample(rows: np.ndarray) -> np.ndarray:
    few = len(rows) <= SAMPLE_ROWS
    return rows if few else np.sort(np.random.default_rng(0).choice(rows, SAMPLE_ROWS, replace=False))


def _lines(
    estimator: Any, names: np.ndarray, target: np.ndarray, codes: np.ndarray, tested: HeldOut
) -> list[ClassLine]:
    found = tested.probability.argmax(1)
    right = np.bincount(codes[codes == found], minlength=len(names))
    recall = right / np.maximum(np.bincount(codes, minlength=len(names)), 1)
    precision = right / np.maximum(np.bincount(found, minlength=len(names)), 1)
    rows = [int((target == name).sum()) for name in estimator.classes_]
    parts = zip(names, component_colours(len(names)), estimator.class_prior_, rows, recall, precision, strict=True)
    return [ClassLine(*part) for part in parts]
