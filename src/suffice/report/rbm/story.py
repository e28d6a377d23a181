"""The stories of restricted Boltzmann machines, without classes and with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.estimators.rbm.classifier import RBMClassifier
from suffice.estimators.rbm.rbm import RBM
from suffice.plot.annealing import AnnealingDisplay
from suffice.plot.filters import FilterDisplay
from suffice.plot.learning import LearningDisplay
from suffice.plot.marks import Image, cells
from suffice.plot.mosaic import check_images, mosaic
from suffice.plot.panel import Axis, Panel
from suffice.report.advice import Advice, to_try
from suffice.report.classes import ClassesStory
from suffice.report.parts import Line, Section, Table
from suffice.report.picture import Picture, drawn, picture
from suffice.report.story import Drawn, Run, Story, begun, story

if TYPE_CHECKING:
    from suffice.estimators.rbm.evaluation import Evaluation
    from suffice.plot.fitted import LearnedRBM


HARDLY = 0.02
"""Share of the log-likelihood of independent columns that a model should gain."""
LARGEST_R_HAT = 1.1
SHOWN_UNITS, SHOWN_COLUMNS = 40, 5
SAMPLES, ACROSS = 40, 10
SAMPLED_LINES, MOST_SAMPLED = 30, 100
KIND = "restricted Boltzmann machine"


@story.register(RBM)
class RBMStory(Story):
    """What is said of a restricted Boltzmann machine: its hidden units, and how likely rows are."""

    kind, article = KIND, "an RBM"
    epochs = draws = imputes = True
    deviate = False
    holds = "log-likelihood and the hidden probabilities"
    measuring = "likelihood measured"

    @property
    def size(self) -> str:
        return f"{len(self.estimator.hidden_bias_)} hidden units"

    @property
    def uncertainty(self) -> str:
        if self.estimator.model_.enumerable:
            return ""
        return f", standard error {self.estimator.log_partitions_['ais'].standard_error:.2f} (annealing)"

    def columns_of(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        hidden = {f"hidden{j}": values for j, values in enumerate(self.estimator.transform(rows).T)}
        return {**self.figure_of(rows), **hidden}

    def measure(self, rows: np.ndarray, run: Run) -> Any:
        from suffice.estimators.rbm.evaluation import evaluate

        return evaluate(self.estimator, rows)

    def page(self, rows: np.ndarray, run: Run) -> Section:
        columns, found = f"{len(self.columns):,}", _likelihoods(run.measured)
        time = [] if run.seconds is None else [("time", f"{run.seconds:.2f} s", "fit only")]
        name, value, hint = found[0]
        return replace(
            begun(self, f"{KIND[0].upper()}{KIND[1:]} of {run.source or 'an array'}", run),
            lead=f"{self.size} learned from {len(rows):,} rows of {columns} columns of {run.source or 'an array'}.",
            measures=[*found, *time],
            advice=_advice(self.estimator, run),
            pictures=drawn(_pictures, self.estimator, run),
            data=[("rows", f"{len(rows):,}"), ("columns", columns), ("visible units", f"{len(self.estimator.weights_):,}"),
                  *(("note", note) for note in run.notes)],
            said=f"{name} {value} {hint}",
        )  # fmt: skip

    def table(self) -> Table:
        return units_table(self.estimator, self.columns)

    def sample(self, count: int) -> Drawn:
        rows, mixing = self.estimator.sample(count)
        stuck = (
            f"the chains have not mixed in 1,000 steps (r-hat {mixing.r_hat:.2f}, near 1 if they had): the rows remember where "
            "the fit left its chains"
        )
        return Drawn(rows, warning=stuck if mixing.r_hat > LARGEST_R_HAT else "")


@story.register(RBMClassifier)
class RBMClassesStory(ClassesStory):
    """What is said of a restricted Boltzmann machine of rows and their classes."""

    kind, article = KIND, "an RBM with classes"
    epochs = True

    @property
    def size(self) -> str:
        return f"{len(self.estimator.hidden_bias_)} hidden units, {super().size}"

    def table(self) -> Table:
        return units_table(self.estimator, self.columns)


def units_table(estimator: LearnedRBM, columns: list[str]) -> Table:
    """The hidden units of largest norm, and their largest weights."""
    weights, names = estimator.weights_, _unit_names(estimator, columns)
    norm, lines = np.linalg.norm(weights, axis=0), []
    for j in np.argsort(-norm, kind="stable")[:SHOWN_UNITS]:
        largest = np.argsort(-np.abs(weights[:, j]), kind="stable")[:SHOWN_COLUMNS]
        told = ", ".join(f"{names[d]} {weights[d, j]:+.2f}" for d in largest)
        lines.append(Line([str(j), f"{estimator.hidden_bias_[j]:+.2f}", f"{norm[j]:.2f}", told]))
    return Table("", ["hidden unit", "bias", "norm of weights", "largest weights"], lines)


def _unit_names(estimator: LearnedRBM, columns: list[str]) -> list[str]:
    """A name for each visible unit: the column, its category, or the class."""
    if estimator.visible == "categorical":
        categories: list[np.ndarray] = vars(estimator)["categories_"]
        named = zip(columns, categories, strict=True)
        return [f"{column}={value:g}" for column, values in named for value in values]
    return [*columns, *(f"class {name}" for name in getattr(estimator, "classes_", ()))]


def _likelihoods(found: Evaluation) -> list[tuple[str, str, str]]:
    """Log-likelihood of a row with how it was found, beside what columns alone are worth; names, values and hints."""
    if found is None:
        return [("log-likelihood", "not measured", "score and score_samples tell it of complete rows")]
    rest = [("independent columns", f"{found.independent:.2f}", "log-likelihood without hidden units, nats per row"),
            ("reconstruction", f"{found.reconstruction:.2f}", "cross-entropy, nats per row; no likelihood")]  # fmt: skip
    if found.annealed is None:
        return [("log-likelihood", f"{found.log_likelihood:.4f}", "nats per row, exact"), *rest]
    hint = f"nats per row, standard error {found.standard_error:.2f} (annealing)"
    other = ("the other way", f"{found.reverse_log_likelihood:.2f}", "annealing from the model's own samples")
    return [("log-likelihood", f"{found.log_likelihood:.2f}", hint), other, *rest]


def _pictures(estimator: LearnedRBM, run: Run) -> list[Picture]:
    caption = "Training and held-out rows reconstructed, epoch by epoch; smaller is not always likelier."
    found = [picture("Learning", caption, LearningDisplay.of(estimator).panel())]
    annealed = None if run.measured is None else run.measured.annealed
    if annealed is not None:
        display = AnnealingDisplay(
            temperatures=annealed.temperatures, forward=annealed.forward, reverse=annealed.reverse
        )
        caption = "log Z from both ends; where they meet it can be trusted."
        found.append(picture("Annealing", caption, display.panel()))
    if run.image_shape is not None:
        caption = "Weights of the hidden units of largest norm."
        panel = FilterDisplay.of(estimator, image_shape=run.image_shape).panel()
        found.append(picture("Filters", caption, panel, wide=True))
    return [*found, _samples(estimator, run.image_shape)]


def _samples(estimator: Any, image_shape: tuple[int, ...] | None) -> Picture:
    """Rows drawn from the model, as images or as lines of a table."""
    rows, mixing = estimator.sample(SAMPLES if image_shape is not None else SAMPLED_LINES)
    sheet = mosaic(check_images(rows, image_shape), ACROSS) if image_shape is not None else rows[:, :MOST_SAMPLED]
    image = Image(sheet, "gray_r", cells(sheet), float(np.nanmin(sheet)), float(np.nanmax(sheet)))
    high = float(np.clip(0.6 + 6.0 * sheet.shape[0] / sheet.shape[1], 1.5, 4.5))
    caption = f"{len(rows)} rows drawn from the model{'' if image_shape is not None else ', a line each'}."
    if mixing.r_hat > LARGEST_R_HAT:
        caption += f" The chains have not mixed (r-hat {mixing.r_hat:.2f}): rows remember where the fit left them."
    bare = image_shape is not None
    axes = Axis("column", whole=True), Axis("sample", whole=True)
    return picture("Samples", caption, Panel([image], *axes, size=(6.9, high), bare=bare, square=bare), wide=True)


def _advice(estimator: LearnedRBM, run: Run) -> list[Advice]:
    measured = run.measured
    if measured is not None and measured.log_likelihood - measured.independent < HARDLY * abs(measured.independent):
        text = (
            "The model is hardly likelier than independent columns: it takes more steps, so more epochs, smaller batches or a "
            "larger learning_rate."
        )
        return [Advice(text, to_try(run.command, epochs=5 * estimator.n_iter_))]
    gap = estimator.trace_.get("free_energy_gap")
    if gap is None or not len(gap):
        text = "There are no figures of rows held out: hold some out to see whether the model overfits."
        return [Advice(text, to_try(run.command, validation_fraction=0.1))]
    if gap[-1] > 1:
        text = (
            f"Rows held out have a free energy {gap[-1]:.2f} nats above that of training rows, which grows with overfitting. "
            "Stop where it is small, or pull the weights to 0."
        )
        return [Advice(text, to_try(run.command, largest_gap=1.0))]
    text = (
        f"Rows held out fit as well as training rows (free-energy gap {gap[-1]:.2f} nats): more hidden units may help."
    )
    return [Advice(text, to_try(run.command, n_hidden=2 * estimator.n_hidden))]
