"""What a page says of one fitted model, ready to be laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.report.advice import Advice
from suffice.report.finder import Finder
from suffice.report.picture import Picture

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


ABBREVIATED = {
    "PPCA": "Probabilistic PCA",
    "MixtureOfPPCA": "Mixture of probabilistic PCA",
    "NaiveBayes": "Naive Bayes",
    "MultinomialNaiveBayes": "Multinomial naive Bayes",
}


@dataclass(frozen=True)
class Line:
    """A line of a table: its cells, the colour of what it is about, and whether it is the chosen one."""

    cells: list[str]
    colour: str = ""
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A table under its title, with the columns of it that hold numbers, and what is said and shown before and after it."""

    title: str
    header: list[str]
    lines: list[Line]
    numbers: Sequence[int] = ()
    text: str = ""
    picture: Picture | None = None
    more: str = ""
    dense: bool = False


@dataclass(frozen=True)
class Section:
    """Everything the page says of one model, with so many narrow pictures side by side; ``said`` is for the command line.

    ``scatter`` holds rows for a picture of any two columns.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import section
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> part = section(GaussianMixture(2, random_state=0).fit(X), X)
    >>> part.title, part.converged, len(part.pictures) > 0
    ('Gaussian mixture', True, True)
    """

    title: str
    outcome: str
    converged: bool
    settings: list[tuple[str, str]]
    lead: str = ""
    measures: list[tuple[str, str, str]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    data: list[tuple[str, str]] = field(default_factory=list)
    said: str = ""
    remark: str = ""
    advice: list[Advice] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    selection: Table | None = None
    tables: list[Table] = field(default_factory=list)
    command: str | None = None
    onward: list[Advice] = field(default_factory=list)
    finder: Finder | None = None
    across: int = 2
    scatter: str = ""


def settings(estimator: BaseEstimator) -> list[tuple[str, str]]:
    """Parameters of an estimator and their values in few words."""
    return [(name, setting(value)) for name, value in sorted(estimator.get_params(deep=False).items())]


def setting(value: Any) -> str:
    """A value in few words."""
    if isinstance(value, Mapping):
        return f"of {', '.join(map(str, value))}"
    if isinstance(value, list | tuple):
        short = len(value) <= 8 and all(isinstance(part, str | Real) for part in value)
        return ", ".join(map(str, value)) if short else f"list of {len(value)}"
    return f"array of shape {value.shape}" if np.ndim(value) else str(value)


def counted(count: int, word: str) -> str:
    """A number of things: '1 component', '2,000 components'."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def model_name(estimator: BaseEstimator) -> str:
    """'GaussianMixture' in words: 'Gaussian mixture'.

    Examples
    --------
    >>> from suffice import GaussianMixture
    >>> from suffice.report import model_name
    >>> model_name(GaussianMixture())
    'Gaussian mixture'
    """
    name = type(estimator).__name__
    if name in ABBREVIATED:
        return ABBREVIATED[name]
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name[1:])
    return name[0] + words
