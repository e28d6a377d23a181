"""The stories of networks: of one that tells classes apart, and of one that reconstructs rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suffice.estimators.networks.autoencoding import AutoencoderEstimator
from suffice.estimators.networks.classifier import NeuralClassifier
from suffice.report.advice import Advice, to_try
from suffice.report.classes import ClassesStory, Judged
from suffice.report.classifiers.pictures import calibration_picture, confusion_picture
from suffice.report.networks.pictures import (
    curve_pictures,
    filter_pictures,
    mistake_pictures,
    parameter_count,
    reconstruction_picture,
)
from suffice.report.parts import Section, model_name
from suffice.report.picture import Picture, drawn
from suffice.report.story import Run, Story, begun, story

SEEN = (
    "No rows were held out, so these are figures of the rows of the fit: expect less of others (--validation-fraction)."
)


@story.register(NeuralClassifier)
class NetworkStory(ClassesStory):
    """What is said of a network that classifies."""

    epochs = True
    least_probability = 1e-30

    @property
    def title(self) -> str:
        return type(self.estimator.model_).__name__

    def judge(self, rows: np.ndarray, run: Run) -> Judged:
        held = self.estimator.validation_rows_
        places = held if len(held) else np.arange(len(rows))
        how = f"Measured on {len(held):,} rows held out of the fit." if len(held) else SEEN
        return self.judged(run, places, self.estimator.predict_proba(rows[places]), how, held_out=len(held) > 0)

    def lead(self, run: Run) -> str:
        return (
            f"A network ({self.title}) that tells {self.size} apart, fitted to {len(run.target):,} rows of "
            f"{len(self.columns):,} columns."
        )

    def measures(self) -> list[tuple[str, str, str]]:
        return [("epochs", f"{self.estimator.n_iter_:,}", "passes over the rows"),
                ("parameters", f"{parameter_count(self.estimator.model_):,}", f"of the {self.title}")]  # fmt: skip

    def pictures(self, rows: np.ndarray, run: Run, judged: Judged) -> list[Picture]:
        places, names = judged.places, self.estimator.classes_.astype(str)
        return [
            *drawn(curve_pictures, self.estimator),
            *drawn(confusion_picture, judged.codes, judged.found, judged.weight, names),
            *drawn(calibration_picture, judged.codes, judged.probability, judged.weight),
            *drawn(mistake_pictures, self.estimator, rows[places], run.target[places]),
            *drawn(filter_pictures, self.estimator),
        ]


@story.register(AutoencoderEstimator)
class AutoencoderStory(Story):
    """What is said of an autoencoder: what its hidden units keep of rows."""

    epochs = True
    rows_file = "codes.csv"
    holds = "loss and the hidden units"
    figure, scorer, column = "reconstruction loss", "reconstruction_loss", "loss"
    unit = "per row"

    @property
    def size(self) -> str:
        return f"{self.estimator.weights_.shape[1]} hidden units"

    def columns_of(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        codes = zip(self.estimator.get_feature_names_out(), self.estimator.transform(rows).T, strict=True)
        return {**self.figure_of(rows), **dict(codes)}

    def table(self) -> None:
        return None

    def page(self, rows: np.ndarray, run: Run) -> Section:
        columns, found = f"{len(self.columns):,}", self._losses()
        measures = [*found, ("parameters", f"{parameter_count(self.estimator.model_):,}", "of the network")]
        if run.seconds is not None:
            measures.append(("time", f"{run.seconds:.2f} s", "fit only"))
        return replace(
            begun(self, f"{model_name(self.estimator)} of {run.source or 'an array'}", run),
            lead=f"{self.size} learned from {len(rows):,} rows of {columns} columns of {run.source or 'an array'}.",
            measures=measures,
            advice=self._advice(run),
            pictures=[
                *drawn(curve_pictures, self.estimator),
                *drawn(reconstruction_picture, self.estimator, rows),
                *drawn(filter_pictures, self.estimator),
            ],
            data=[("rows", f"{len(rows):,}"), ("columns", columns), *(("note", note) for note in run.notes)],
            said=", ".join(f"{name} {value}" for name, value, _ in found),
        )

    def _losses(self) -> list[tuple[str, str, str]]:
        """Losses of the weights that are kept: names, values and hints."""
        binary, trace = self.estimator.visible_ == "bernoulli", self.estimator.trace_
        kind = "cross-entropy, nats per row" if binary else "half the squared distance per row"
        place = list(trace["epoch"]).index(self.estimator.best_epoch_)
        parts = [part for part in ("training", "validation") if f"{part}_loss" in trace]
        return [(f"{part} loss", f"{trace[f'{part}_loss'][place]:.3f}", kind) for part in parts]

    def _advice(self, run: Run) -> list[Advice]:
        losses, epochs = self.estimator.trace_.get("validation_loss", ()), self.estimator.n_iter_
        if len(losses) < 2 or self.estimator.best_epoch_ < epochs:
            return []
        text = "The loss of rows held out was still falling at the end: more epochs may help."
        return [Advice(text, to_try(run.command, epochs=2 * epochs))]
