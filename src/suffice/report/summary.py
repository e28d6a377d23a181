"""One pass over the rows that collects everything a report says of them, in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse, vstack
from scipy.special import xlogy

from suffice.report.story import blocks, story
from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    pass


SAMPLE_ROWS = 3_000
EDGES = np.linspace(0.0, 1.0, 41)

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Assigned:
    """What the model says of a block of rows.

    Attributes
    ----------
    rows
        (n, D), the block; of tables with labels as codes and numbers.
    weight
        (n,), row weights.
    component
        (n,), the most probable component; -1 is noise.
    probability
        (n,), its responsibility.
    log_likelihood
        (n,), nats.
    entropy
        (n,), entropy of the responsibilities, nats.
    responsibilities
        (n, K), with noise (n, K + 1); of a factor model ones, (n, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import summarize
    >>> X, blocks = np.repeat([[0.0], [9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 1)), []
    >>> _ = summarize(GaussianMixture(2, random_state=0).fit(X), X, each=blocks.append)
    >>> blocks[0].component.shape, bool((blocks[0].probability > 0.9).all())
    ((40,), True)
    """

    rows: Array
    weight: Array
    component: NDArray[np.int64]
    probability: Array
    log_likelihood: Array
    entropy: Array
    responsibilities: Array


@dataclass(frozen=True)
class Summary:
    """What a report says of the rows.

    Attributes
    ----------
    n_rows
        Rows seen.
    weight
        Sum of the row weights.
    log_likelihood
        Weighted mean per row, nats.
    entropy
        Weighted sum of the rows' entropies, nats.
    counts
        (K,), weight of the rows assigned to each component; with noise (K + 1,), the noise's last.
    certainty
        As long, mean largest responsibility of these rows; NaN for a component without rows.
    classification
        (K, K), mean responsibilities of the rows assigned to each component (line), as ``classification_table`` gives; NaN for a
        component without rows. With noise (K + 1, K + 1).
    sharpness
        (40,), weight of the rows by largest responsibility, bins of ``EDGES``.
    blurred
        Share of the rows whose largest responsibility is below 0.8.
    missing
        (D,), rows that miss each column.
    complete
        Rows that miss no column.
    sample, sample_labels, sample_weight
        At most 3,000 rows drawn without replacement, their components and their weights.
    labels
        (N,) components of all rows where they were asked for, else None.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import summarize
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> X[0, 1] = np.nan
    >>> summary = summarize(GaussianMixture(2, random_state=0).fit(X), X)
    >>> summary.missing, summary.complete, summary.certainty.round(2)
    (array([0, 1]), 39, array([1., 1.]))
    """

    n_rows: int
    weight: float
    log_likelihood: float
    entropy: float
    counts: Array
    certainty: Array
    classification: Array
    sharpness: Array
    blurred: float
    missing: NDArray[np.int64]
    complete: int
    sample: Array
    sample_labels: NDArray[np.int64]
    sample_weight: Array
    labels: NDArray[np.int64] | None

    @property
    def mean(self) -> float:
        """The log-likelihood of a row, as every ``Told`` names it."""
        return self.log_likelihood

    @property
    def missing_cells(self) -> int:
        """All missing cells."""
        return int(self.missing.sum())


def summarize(
    estimator: Any,
    data: TableLike,
    *,
    sample_weight: ArrayLike | None = None,
    each: Callable[[Assigned], None] | None = None,
    keep_labels: bool = False,
    covariates: TableLike | None = None,
) -> Summary:
    """Assign every row and add up what the report needs.

    Parameters
    ----------
    estimator
        A fitted mixture, or a factor model, which counts as one component.
    data
        (N, D), a table with labels where the mixture takes one, or an iterable of batches (or of pairs of batch and weight).
    sample_weight
        (N,), for data in memory; None is 1 for each row.
    each
        Called with every block, for instance to write it to a file.
    keep_labels
        Whether to keep the component of every row.
    covariates
        (N, q), for rows in memory and a mixture fitted with some; None takes the mean memberships.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import summarize
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> summary = summarize(GaussianMixture(2, random_state=0).fit(X), X)
    >>> summary.n_rows, summary.counts
    (40, array([20., 20.]))
    """
    told = story(estimator)
    estimator, data = told.plain, told.coded(data)
    groups = len(getattr(estimator, "weights_", (1.0,))) + hasattr(estimator, "noise_weight_")
    collector = _Collector(groups, estimator.n_features_in_, keep_labels)
    for assigned in assign(estimator, data, sample_weight, covariates):
        collector.add(assigned)
        if each is not None:
            each(assigned)
    return collector.summary()


def assign(
    estimator: Any, data: TableLike, sample_weight: ArrayLike | None = None, covariates: TableLike | None = None
) -> Iterator[Assigned]:
    """Yield what the model says of the rows, a block at a time."""
    values = None if covariates is None else np.asarray(covariates, float)
    start = 0
    for rows, weight in blocks(data, sample_weight):
        given = () if values is None else (values[start : start + len(weight)],)
        start += len(weight)
        grouped = hasattr(estimator, "predict_proba")
        responsibilities = np.asarray(estimator.predict_proba(rows, *given)) if grouped else np.ones((len(weight), 1))
        component = responsibilities.argmax(axis=1)
        probability = np.take_along_axis(responsibilities, component[:, None], axis=1)[:, 0]
        entropy = -xlogy(responsibilities, responsibilities).sum(axis=1)
        if hasattr(estimator, "noise_weight_"):
            component = np.where(component == len(estimator.weights_), -1, component)
        density = np.asarray(estimator.score_samples(rows, *given))
        yield Assigned(rows, weight, component, probability, density, entropy, responsibilities)


class _Collector:
    def __init__(self, n_components: int, n_columns: int, keep_labels: bool) -> None:
        self.n_rows, self.weight, self.blurred = 0, 0.0, 0.0
        self.log_likelihood, self.entropy = 0.0, 0.0
        self.counts, self.certainty = np.zeros(n_components), np.zeros(n_components)
        self.classification = np.zeros((n_components, n_components))
        self.sharpness = np.zeros(len(EDGES) - 1)
        self.labels: list[NDArray[np.int64]] | None = [] if keep_labels else None
        self.draw = np.random.default_rng(0)
        self.missing, self.complete = np.zeros(n_columns, dtype=np.int64), 0
        self.keys, self.sample = np.zeros(0), None
        self.sample_labels, self.sample_weight = np.zeros(0, dtype=np.int64), np.zeros(0)

    def add(self, block: Assigned) -> None:
        self.n_rows += len(block.weight)
        self.weight += float(block.weight.sum())
        self.entropy += float(block.weight @ block.entropy)
        self.log_likelihood += float(block.weight @ block.log_likelihood)
        self.blurred += float(block.weight[block.probability < 0.8].sum())
        group = block.component % len(self.counts)
        self.counts += np.bincount(group, block.weight, len(self.counts))
        self.certainty += np.bincount(group, block.weight * block.probability, len(self.counts))
        for own in np.unique(group):
            self.classification[own] += block.weight[group == own] @ block.responsibilities[group == own]
        self.sharpness += np.histogram(np.clip(block.probability, 0, 1), bins=EDGES, weights=block.weight)[0]
        by_column, by_row = _gaps(block.rows)
        self.missing += by_column
        self.complete += int((by_row == 0).sum())
        self._draw_sample(block)
        if self.labels is not None:
            self.labels.append(block.component)

    def _draw_sample(self, block: Assigned) -> None:
        """Every row gets a random key; the rows with the smallest keys so far are the sample."""
        keys = self.draw.random(len(block.weight), dtype=np.float64)
        best = np.argsort(keys)[:SAMPLE_ROWS]
        sample = block.rows[best] if self.sample is None else _together(self.sample, block.rows[best])
        all_keys = np.concatenate([self.keys, keys[best]])
        labels = np.concatenate([self.sample_labels, block.component[best]])
        weight = np.concatenate([self.sample_weight, block.weight[best]])
        kept = np.argsort(all_keys)[:SAMPLE_ROWS]
        self.keys, self.sample = all_keys[kept], sample[kept]
        self.sample_labels, self.sample_weight = labels[kept], weight[kept]

    def summary(self) -> Summary:
        if self.sample is None:
            raise ValueError("the data hold no rows: give at least one")
        total = self.weight if self.weight > 0 else 1.0
        with np.errstate(invalid="ignore", divide="ignore"):
            certainty = self.certainty / self.counts
            classification = self.classification / self.counts[:, None]
        return Summary(
            n_rows=self.n_rows,
            weight=self.weight,
            log_likelihood=self.log_likelihood / total,
            entropy=self.entropy,
            counts=self.counts,
            certainty=certainty,
            classification=classification,
            sharpness=self.sharpness,
            blurred=self.blurred / total,
            missing=self.missing,
            complete=self.complete,
            sample=self.sample,
            sample_labels=self.sample_labels,
            sample_weight=self.sample_weight,
            labels=None if self.labels is None else np.concatenate(self.labels),
        )


def cells_of(rows: Any, columns: list[int]) -> Array:
    """Some columns of rows, sparse or not, as an array."""
    part = rows[:, columns]
    return part.toarray() if issparse(part) else part


def _gaps(rows: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many cells are missing in each column and in each row."""
    gaps = rows.astype(float) if issparse(rows) else np.isnan(rows)
    if issparse(rows):
        gaps.data = np.isnan(rows.data)
    return np.asarray(gaps.sum(axis=0)).ravel().astype(np.int64), np.asarray(gaps.sum(axis=1)).ravel().astype(np.int64)


def _together(sample: Any, rows: Any) -> Any:
    return csr_array(vstack([sample, rows])) if issparse(rows) else np.concatenate([sample, rows])
