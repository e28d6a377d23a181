"""All that command line and page need of one kind of model; a kind is told in its own file, ``report/KIND/story.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, singledispatch
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

import numpy as np
from scipy.sparse import csr_array, issparse

from suffice.outcome import Outcome
from suffice.plot.canvas import wanted_columns
from suffice.report.advice import with_options
from suffice.report.onward import onward
from suffice.report.parts import Section, Table, model_name, settings
from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


BLOCK_ROWS = 65_536
HOME = "suffice.estimators."


@dataclass(frozen=True)
class Run:
    """What is known of a fit beside the model and its rows; the names are those of ``write_report``."""

    title: str | None = None
    source: str | None = None
    image_shape: tuple[int, ...] | None = None
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    target: Any = None
    target_name: str = "target"
    sample_weight: Any = None
    seconds: float | None = None
    command: Sequence[str] | None = None
    selection: Any = None
    told: Any = None
    measured: Any = None
    uncertain: Any = None
    covariates: Any = None
    tested: Any = None
    parallel: Any = None


class Told(NamedTuple):
    """Rows seen, the weighted mean of the model's figure of a row, and the number of missing cells."""

    n_rows: int
    mean: float
    missing_cells: int


class Drawn(NamedTuple):
    """Rows drawn from a model (n, D), the part each came from and what such a part is, and a warning."""

    rows: Any
    labels: Any = None
    part: str = "component"
    warning: str = ""


@singledispatch
def story(estimator: BaseEstimator, columns: Sequence[str] | None = None) -> Story:
    """The story of an estimator; the file of its kind is imported when the first of this kind is told."""
    for kind in type(estimator).__mro__:
        if kind.__module__.startswith(HOME):
            import_module(f"suffice.report.{kind.__module__.split('.')[2]}.story")
            if story.dispatch(type(estimator)) is not story.dispatch(object):
                return story(estimator, columns)
    raise TypeError(f"A {type(estimator).__name__} was given; a fitted mixture, classifier, factor model, RBM or network "
                    "of suffice is expected.")  # fmt: skip


class Story:
    """What is said of one kind of model: in words, in figures of rows, in a table and on a page.

    ``kind`` names it (else its class does, ``in_words`` or as it is); ``article`` says what a run holds. ``figure`` names what it
    says of a row by its method ``scorer``, in a ``column`` of its own, of which ``score`` gives the mean in ``unit``.
    ``rows_file`` holds what it says of each row of a fit, ``holds`` in words. ``measuring`` is what ``measure`` does, if it has
    that method; ``draws`` rows, ``imputes`` cells and says how far those ``deviate`` tell what else it can do.
    """

    kind: ClassVar[str] = ""
    article: ClassVar[str] = ""
    in_words: ClassVar[bool] = False
    epochs: ClassVar[bool] = False
    figure: ClassVar[str] = "log-likelihood"
    scorer: ClassVar[str] = "score_samples"
    column: ClassVar[str] = "log_likelihood"
    unit: ClassVar[str] = "nats per row"
    rows_file: ClassVar[str | None] = None
    holds: ClassVar[str] = ""
    measuring: ClassVar[str] = ""
    target_name: ClassVar[str] = "label"
    draws: ClassVar[bool] = False
    imputes: ClassVar[bool] = False
    deviate: ClassVar[bool] = True
    estimator: Any

    def __init__(self, estimator: BaseEstimator, columns: Sequence[str] | None = None):
        self.estimator = estimator
        self.columns = wanted_columns(None if columns is None else list(columns), self.estimator.n_features_in_)

    @property
    def name(self) -> str:
        """What kind of model it is."""
        return self.kind or (model_name(self.estimator) if self.in_words else type(self.estimator).__name__)

    @property
    def held(self) -> str:
        """What a run holds."""
        return self.article or f"a {type(self.estimator).__name__}"

    @property
    def size(self) -> str:
        """How large it is, such as '2 components'."""
        raise NotImplementedError

    @property
    def outcome(self) -> str:
        """How the fit ended."""
        done = f"{self.estimator.n_iter_} epochs. " if self.epochs else ""
        return f"{done}{self.estimator.outcome_}"

    @property
    def converged(self) -> bool:
        """Whether the fit ended well."""
        if self.epochs:
            return self.estimator.outcome_ != Outcome.DIVERGED
        return bool(self.estimator.converged_)

    @property
    def notes(self) -> list[str]:
        """What the fit found out about the columns."""
        return list(self.estimator.encoder_.notes_) if takes_labels(self.estimator) else []

    @property
    def states(self) -> Mapping[str, Sequence[Any]] | None:
        """Labels that each column is known to have, where rows are read against them; else None."""
        return None

    @property
    def uncertainty(self) -> str:
        """What goes on the mean of ``figure``."""
        return ""

    @cached_property
    def plain(self) -> Any:
        """The estimator as one of plain numbers: of codes, where its columns hold labels."""
        if not takes_labels(self.estimator):
            return self.estimator
        from suffice.estimators.shared.labelled_columns import on_codes

        return on_codes(self.estimator)

    def coded(self, rows: TableLike) -> TableLike:
        """Rows as ``plain`` takes them."""
        if not takes_labels(self.estimator):
            return rows
        from suffice.estimators.shared.labelled_columns import coded_rows

        return coded_rows(self.estimator, rows)

    def trace(self) -> dict[str, np.ndarray]:
        """Columns of the file on how the fit went; empty where it has none."""
        return self.estimator.trace_ if self.epochs else {}

    def columns_of(self, rows: TableLike) -> dict[str, np.ndarray]:
        """All that the model says of each row, by name, the figure among it under the name of its column."""
        raise NotImplementedError

    def figure_of(self, rows: TableLike) -> dict[str, np.ndarray]:
        """The figure of each row, (n,), under the name of its column; nothing where the model has none."""
        return {self.column: np.asarray(getattr(self.plain, self.scorer)(rows))} if self.figure else {}

    def tell(
        self, rows: TableLike, weight: ArrayLike | None = None, write: Callable[[dict], None] | None = None
    ) -> Any:
        """One pass over the rows; ``write`` gets what is said of each block."""
        figure, mass, count, missing = 0.0, 0.0, 0, 0
        for block, own in blocks(self.coded(rows), weight):
            columns = self.figure_of(block) if write is None else self.columns_of(block)
            if write is not None:
                write(columns)
            figure += float(own @ columns.get(self.column, np.full(len(own), np.nan)))
            mass, count = mass + float(own.sum()), count + len(own)
            missing += int(np.isnan(block.data if issparse(block) else block).sum())
        return Told(count, figure / mass if mass else np.nan, missing)

    def in_numbers(self, told: Any) -> dict[str, float]:
        """What is counted of the rows of a fit, by name, from what was told of them."""
        return {}

    def measure(self, rows: TableLike, run: Run) -> Any:
        """What a page shows of rows held out, or at a price; called by the command line, which says how long it took."""
        raise NotImplementedError

    def page(self, rows: TableLike, run: Run) -> Section:
        """What a page says of the model and the rows it was fitted to."""
        raise NotImplementedError(f"There is no page on {self.held}.")

    def table(self) -> Table | None:
        """Its parts, as ``suffice show`` lists them."""
        raise NotImplementedError

    def sample(self, count: int) -> Drawn:
        """Rows drawn from the model."""
        raise NotImplementedError


def seen(rows: np.ndarray) -> Told:
    """Rows and missing cells, without asking a model."""
    return Told(len(rows), np.nan, int(np.isnan(rows).sum()))


def takes_labels(estimator: BaseEstimator) -> bool:
    """Whether an estimator takes tables with text."""
    from sklearn.utils import get_tags

    return get_tags(estimator).input_tags.string


def blocks(data: TableLike, weight: ArrayLike | None = None) -> Iterator[tuple[Any, np.ndarray]]:
    """Rows with their weights, so many at a time of an array, or as a stream brings them."""
    if hasattr(data, "shape"):
        values: Any = csr_array(data) if issparse(data) else np.asarray(data)
        given = np.ones(values.shape[0]) if weight is None else np.asarray(weight, dtype=float)
        for start in range(0, values.shape[0], BLOCK_ROWS):
            yield values[start : start + BLOCK_ROWS], given[start : start + BLOCK_ROWS]
        return
    for batch in cast("Iterable[Any]", data):
        rows, own = batch if isinstance(batch, tuple) else (batch, None)
        if len(rows):
            yield rows, np.ones(len(rows)) if own is None else np.asarray(own, dtype=float)


def begun(told: Story, title: str, run: Run) -> Section:
    """What every page says."""
    return Section(
        title=run.title or title,
        outcome=told.outcome,
        converged=told.converged,
        warnings=list(run.warnings),
        settings=settings(told.estimator),
        command=None if run.command is None else with_options(run.command),
        onward=onward(told, run.command),
    )
