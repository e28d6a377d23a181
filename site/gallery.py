"""A report of every kind of model, and the page of the site that leads to them."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
from sklearn.datasets import load_digits, load_iris, load_wine

import suffice

IRIS, KIND = load_iris(return_X_y=True)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]
DIGITS, NUMBER = load_digits(return_X_y=True)


Made: TypeAlias = "tuple[Any, Any, dict[str, Any]]"


class Report(NamedTuple):
    """A report: its file, its title, a sentence on it, and what fits its model; that gives rows, estimator, and what is told."""

    file: str
    title: str
    sentence: str
    made: Callable[[], Made]


def mixture() -> Made:
    rows = np.where(np.random.default_rng(0).random(IRIS.shape) < 0.05, np.nan, IRIS)
    found = suffice.select(suffice.GaussianMixture(random_state=0), rows, n_components=range(1, 6))
    return rows, found.best, {"columns": NAMES, "target": KIND, "selection": found}


def latent_classes() -> Made:
    draw = np.random.default_rng(0)
    often = np.where(draw.random(600) < 0.4, 0.8, 0.2)
    answers = {f"question {j}": np.where(draw.random(600) < often, "yes", "no") for j in range(1, 7)}
    rows = pa.table(answers)
    model = suffice.CategoricalMixture(2, random_state=0).fit(rows)
    return rows, model, {}


def classifier() -> Made:
    wine = load_wine()
    model = suffice.GaussianClassifier("tied").fit(wine.data, wine.target)
    names = {"columns": list(wine.feature_names), "target": wine.target, "target_name": "cultivar"}
    return wine.data, model, names


def factors() -> Made:
    wine = load_wine()
    rows = (wine.data - wine.data.mean(0)) / wine.data.std(0)
    model = suffice.FactorAnalysis(3, rotation="varimax").fit(rows)
    more = {"columns": list(wine.feature_names), "target": wine.target}
    return rows, model, more


def network() -> Made:
    draw = np.random.default_rng(0)
    rain = draw.random(800) < 0.3
    sprinkler = draw.random(800) < np.where(rain, 0.05, 0.5)
    wet = draw.random(800) < np.where(rain | sprinkler, 0.9, 0.05)
    named = {"rain": rain, "sprinkler": sprinkler, "wet": wet, "slippery": draw.random(800) < np.where(wet, 0.7, 0.05)}
    rows = pa.table({name: np.where(values, "yes", "no") for name, values in named.items()})
    model = suffice.BayesianNetwork().fit(rows)
    return rows, model, {}


def rbm() -> Made:
    rows = (DIGITS > 8).astype(float)
    model = suffice.RBM(32, epochs=30, random_state=0).fit(rows)
    return (rows, model,
                 {"image_shape": (8, 8)})  # fmt: skip


def neural_classifier() -> Made:
    model = suffice.NeuralClassifier(hidden_sizes=(32,), epochs=20, random_state=0).fit(DIGITS, NUMBER)
    return (DIGITS, model,
                 {"image_shape": (8, 8), "target": NUMBER, "target_name": "digit"})  # fmt: skip


def autoencoder() -> Made:
    model = suffice.Autoencoder(16, image_shape=(8, 8), pixel_scale=16, epochs=20, random_state=0).fit(DIGITS)
    return DIGITS, model, {"image_shape": (8, 8)}


GALLERY = (
    Report(
        "mixture", "Gaussian mixture", "how many groups of flowers there are, where some cells are missing.", mixture
    ),
    Report(
        "latent-classes", "Latent classes", "answers of 600 people to six questions, in two classes.", latent_classes
    ),
    Report("classifier", "Gaussian classifier", "wines of three cultivars, told apart by 13 measurements.", classifier),
    Report("factors", "Factor analysis", "three factors behind 13 measurements of wine.", factors),
    Report("network", "Bayesian network", "rain, a sprinkler and wet grass: which depends on which.", network),
    Report("rbm", "Restricted Boltzmann machine", "digits of 8 x 8 pixels, in 32 hidden units.", rbm),
    Report("neural-classifier", "Neural classifier", "the same digits told apart by a network.", neural_classifier),
    Report("autoencoder", "Autoencoder", "the same digits squeezed through 16 numbers.", autoencoder),
)
INTRODUCTION = """# Gallery of reports

Every fit of the command line writes a page such as these, and `suffice.write_report` does so in Python. A page is one file, which
asks no network for anything. Values show under the pointer, a click on the head of a column sorts a table, two columns of the
rows can be chosen, and every picture can be taken away as PNG, SVG, CSV or HTML; without scripts, what is read stays the same.

"""


def page() -> str:
    """The page that leads to the reports."""
    return INTRODUCTION + "".join(
        f'- <a href="reports/{one.file}.html">{one.title}</a>: {one.sentence}\n' for one in GALLERY
    )


def write_reports(folder: Path, reports: Sequence[Report] = GALLERY) -> list[Path]:
    """Fit the models and write their reports into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(one, folder / f"{one.file}.html") for one in reports]


def _written(report: Report, path: Path) -> Path:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        rows, estimator, more = report.made()
        return suffice.write_report(estimator, rows, path, title=report.title, **more)
