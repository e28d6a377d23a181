"""What a page says of one fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from suffice.estimators.shared.labelled_columns import on_codes
from suffice.latent.families.kinds import KINDS
from suffice.plot.canvas import component_colours, wanted_columns
from suffice.plot.components import centres, deviations, feature_names
from suffice.report.factor.pictures import factor_pictures
from suffice.report.factor.section import Factor, factor_advice, factor_lead, factor_lines
from suffice.report.mixture.advice import Advice, advice, with_options
from suffice.report.mixture.agreement import Agreement, agreement
from suffice.report.mixture.pictures import pictures, share
from suffice.report.mixture.selected import Selected, selected
from suffice.report.mixture.summary import SAMPLE_ROWS, Summary, summarize
from suffice.report.picture import Picture

ABBREVIATED = {"PPCA": "Probabilistic PCA", "MixtureOfPPCA": "Mixture of probabilistic PCA"}


@dataclass(frozen=True)
class Component:
    """A line of the table of components."""

    index: int
    colour: str
    weight: float
    rows: float
    certainty: float
    columns: str


@dataclass(frozen=True)
class Section:
    """Everything the page says of one model, ready to be laid out."""

    title: str
    lead: str
    outcome: str
    converged: bool
    measures: list[tuple[str, str, str]]
    advice: list[Advice]
    warnings: list[str]
    pictures: list[Picture]
    components: list[Component]
    factors: list[Factor]
    agreement: Agreement | None
    data: list[tuple[str, str]]
    settings: list[tuple[str, str]]
    command: str | None
    selection: Selected | None


def section(
    estimator: Any,
    data: Any,
    *,
    title: str | None = None,
    source: str | None = None,
    columns: Sequence[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    target: Any = None,
    target_name: str = "target",
    sample_weight: Any = None,
    seconds: float | None = None,
    command: Sequence[str] | None = None,
    summary: Summary | None = None,
    selection: Any = None,
) -> Section:
    """Collect what a page says of one model; the parameters are those of ``write_report``."""
    summary = summary or summarize(estimator, data, sample_weight=sample_weight, keep_labels=target is not None)
    names = wanted_columns(None if columns is None else list(columns), estimator.n_features_in_)
    kind, detected = model_name(estimator), getattr(getattr(estimator, "encoder_", None), "notes_", [])
    factors = hasattr(estimator, "loadings_")
    if factors:
        found = factor_pictures(estimator, summary, names, image_shape, _coloured(data, target))
        next_steps = factor_advice(estimator, command, selection)
    else:
        found = pictures(on_codes(estimator), summary, names, image_shape)
        next_steps = advice(estimator, summary, command, image_shape=image_shape, selection=selection)
    return Section(
        title=title or f"{kind[0].upper()}{kind[1:]}" + (f" of {source}" if source else ""),
        lead=(factor_lead if factors else _lead)(estimator, summary, source, kind),
        outcome=estimator.outcome_,
        converged=bool(estimator.converged_),
        measures=_measures(estimator, summary, seconds, selection),
        advice=next_steps,
        warnings=list(warnings),
        pictures=found,
        components=[] if factors else _components(estimator, summary, names, image_shape),
        factors=factor_lines(estimator, names) if factors else [],
        agreement=None if target is None or factors else agreement(target, summary.labels, target_name),
        data=_data_facts(summary, names, source, [*notes, *detected], image_shape),
        settings=[(name, _setting(value)) for name, value in sorted(estimator.get_params().items())],
        command=None if command is None else with_options(command),
        selection=None if selection is None else selected(selection),
    )


PERSONS = tuple(family.title for family in KINDS.values() if family.title[0].isupper())


def _coloured(data: Any, target: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """At most 3,000 rows in memory with their known classes, or None."""
    if target is None or not hasattr(data, "shape"):
        return None
    place = np.unique(np.linspace(0, len(data) - 1, SAMPLE_ROWS).round().astype(int))
    return np.asarray(data)[place], np.asarray(target)[place]


def model_name(estimator: Any) -> str:
    """'GaussianMixture' in words: 'Gaussian mixture'."""
    name = type(estimator).__name__
    if name in ABBREVIATED:
        return ABBREVIATED[name]
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name[1:])
    return name[0] + words


def _lead(estimator: Any, summary: Summary, source: str | None, kind: str) -> str:
    count = len(estimator.weights_)
    shape = f" and {estimator.covariance_type} covariances" if hasattr(estimator, "covariance_type") else ""
    where = f"the {summary.n_rows:,} rows of {source}" if source else f"{summary.n_rows:,} rows"
    columns = f"{estimator.n_features_in_:,} column{'' if estimator.n_features_in_ == 1 else 's'}"
    kind = kind if kind.startswith(PERSONS) else kind[0].lower() + kind[1:]
    article = "An" if kind[0] in "aeiou" else "A"
    return f"{article} {kind} with {count} component{'' if count == 1 else 's'}{shape}, fitted to {where} in {columns}."


def criteria(estimator: Any, summary: Summary) -> dict[str, float]:
    """BIC, AIC and, of mixtures, ICL of the summarised rows, as the estimator's own methods give them, without another pass."""
    count = estimator.model_.parameter_count()
    deviance = -2.0 * summary.log_likelihood * summary.weight
    bic = deviance + count * float(np.log(summary.weight))
    found = {"BIC": bic, "AIC": deviance + 2.0 * count}
    return found if hasattr(estimator, "loadings_") else {**found, "ICL": bic + 2.0 * summary.entropy}


def _measures(estimator: Any, summary: Summary, seconds: float | None, selection: Any) -> list[tuple[str, str, str]]:
    found = [("log-likelihood", f"{summary.log_likelihood:,.4f}", "nats per row, higher is better")]
    for name, value in criteria(estimator, summary).items():
        found.append((name, f"{value:,.{1 if abs(value) < 1e5 else 0}f}", "lower is better"))
    found.append(("iterations", f"{estimator.n_iter_:,}", f"of at most {estimator.max_iter:,}"))
    if seconds is not None:
        starts = len(estimator.traces_)
        what = (
            f"{starts} start{'' if starts == 1 else 's'}"
            if selection is None
            else f"{len(selection.estimators)} models"
        )
        found.append(("time", f"{seconds:.2f} s", f"{what}, compilation included"))
    return found


def _components(
    estimator: Any, summary: Summary, names: list[str], image_shape: tuple[int, ...] | None
) -> list[Component]:
    weights = np.asarray(estimator.weights_)
    colours, apart, centre = component_colours(len(weights)), deviations(estimator), centres(estimator)
    order, features = np.argsort(-weights, kind="stable")[:200], feature_names(estimator, names)
    return [
        Component(
            index=int(k),
            colour=colours[k],
            weight=float(weights[k]),
            rows=float(summary.counts[k]),
            certainty=float(summary.certainty[k]),
            columns="" if image_shape is not None else telling(apart[k], centre[k], features),
        )
        for k in order
    ]


def telling(apart: np.ndarray, centre: np.ndarray, names: list[str]) -> str:
    """The columns (or categories) in which a component lies furthest from the mean of the mixture, in words."""
    strongest = np.argsort(-np.abs(apart), kind="stable")[:4]
    chosen = [j for j in strongest if abs(apart[j]) >= 0.3]
    words = [f"{names[j]} {centre[j]:.4g} ({apart[j]:+.1f} sd)" for j in chosen]
    return ", ".join(words) or "near the mean in every column"


def _data_facts(
    summary: Summary, names: list[str], source: str | None, notes: Sequence[str], image_shape: tuple[int, ...] | None
) -> list[tuple[str, str]]:
    shown = ", ".join(names[:40]) + (f", ... ({len(names):,} in all)" if len(names) > 40 else "")
    facts = [("source", source or "an array"), ("rows", f"{summary.n_rows:,}"), ("columns", shown)]
    if summary.missing.any():
        facts.append(("missing cells", missing_facts(summary)))
    if not np.isclose(summary.weight, summary.n_rows):
        facts.append(("sum of row weights", f"{summary.weight:,.6g}"))
    if image_shape is not None:
        facts.append(("rows shown as", f"images of {image_shape[0]} x {image_shape[1]} pixels"))
    return facts + [("note", note) for note in notes]


def missing_facts(summary: Summary) -> str:
    """How many cells are missing, in how many columns and rows."""
    count, columns = int(summary.missing.sum()), int((summary.missing > 0).sum())
    return (
        f"{count:,} ({share(count / (summary.n_rows * len(summary.missing)))} of all), in {columns:,} columns; "
        f"{summary.complete:,} rows are complete"
    )


def _setting(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"of {', '.join(map(str, value))}"
    if isinstance(value, list | tuple):
        short = len(value) <= 8 and all(isinstance(part, str | Real) for part in value)
        return ", ".join(map(str, value)) if short else f"list of {len(value)}"
    return f"array of shape {value.shape}" if np.ndim(value) else str(value)
