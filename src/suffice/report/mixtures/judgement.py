"""How well a mixture tells rows apart and explains them: what surveys of latent classes report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from suffice.plot.canvas import component_colours
from suffice.report.parts import Line, Table
from suffice.report.story import Run
from suffice.report.summary import Summary
from suffice.rows.streams import is_stream
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from suffice.report.latent import LatentStory

MOST_CLASSES, MOST_PAIRS = 12, 12
MOST_WORK = 100_000_000
"""Rows times squared columns for whose tables a page has time."""


def judgement(told: LatentStory, rows: TableLike, summary: Summary, run: Run) -> list[Table]:
    """Membership by covariates, how sure classes are, and of columns of labels what the model misses."""
    found = [_membership(told)] if hasattr(told.estimator, "membership_") else []
    if len(summary.counts) > 1:
        found.append(_classification(told, summary))
    whole = not is_stream(rows) and not issparse(rows) and not hasattr(told.estimator, "noise_weight_")
    if not whole or len(told.columns) ** 2 * summary.n_rows > MOST_WORK:
        return found
    return found + _residuals(told, rows, run) + _absolute(told, rows, summary, run)


def _membership(told: LatentStory) -> Table:
    """Coefficients and odds ratios of each covariate."""
    names = ["intercept", *told.estimator.covariate_names_]
    coefficients, colours = told.estimator.membership_coefficients_, component_colours(told.count)
    lines = [
        Line([str(k), name, f"{value:.4g}", f"{np.exp(value):.4g}"], colours[k])
        for k, own in enumerate(coefficients[1:], 1)
        for name, value in zip(names, own, strict=True)
    ]
    text = "Log-odds of each component against component 0, by a multinomial logit fitted together with the components."
    header = ["component", "covariate", "coefficient", "odds ratio"]
    return Table("Membership by covariates", header, lines, numbers=(2, 3), text=text)


def _classification(told: LatentStory, summary: Summary) -> Table:
    """Mean probabilities of the rows assigned to each component."""
    names = [*map(str, range(told.count)), *(["noise"] if len(summary.counts) > told.count else [])]
    colours = [*component_colours(told.count), ""]
    lines = [
        Line([name, *("none" if np.isnan(share) else f"{share:.3f}" for share in own)], colour)
        for name, own, colour in zip(names, summary.classification, colours, strict=False)
    ]
    figures, few = told.in_numbers(summary), len(summary.counts) <= MOST_CLASSES
    text = (
        f"Relative entropy {figures['relative entropy']:.3f}: 1 where every row belongs to one component for sure, 0 where none "
        f"tells. SABIC {figures['SABIC']:,.1f}, CAIC {figures['CAIC']:,.1f}; lower is better."
    )
    if few:
        text += " Below, the mean probabilities of the rows that are assigned to each component."
    header = ["assigned to", *names]
    return Table("Classification", header, lines if few else [], numbers=range(1, len(header)), text=text)


def _residuals(told: LatentStory, rows: TableLike, run: Run) -> list[Table]:
    """Pairs of columns of labels by how far the model misses their table."""
    found = _of_labels(told, rows, "bivariate_residuals", run)
    if found is None or len(found) < 2:
        return []
    one, other = np.tril_indices(len(found), -1)
    worst = np.argsort(-found[one, other], kind="stable")[:MOST_PAIRS]
    lines = [Line([told.columns[other[p]], told.columns[one[p]], f"{found[one[p], other[p]]:.2f}"]) for p in worst]
    text = (
        "Pearson's statistic of the table of two columns over its degrees of freedom: about 1 or less where the components "
        "explain how the two go together."
    )
    left_out = len(one) - len(lines)
    more = f"{left_out:,} more pairs have smaller residuals." if left_out else ""
    return [Table("Bivariate residuals", ["column", "column", "residual"], lines, numbers=(2,), text=text, more=more)]


def _absolute(told: LatentStory, rows: TableLike, summary: Summary, run: Run) -> list[Table]:
    """G2 and X2 of the table of all columns, where it has few cells for the rows."""
    found = _of_labels(told, rows, "absolute_fit", run)
    if found is None or not 0 < found["dof"] < summary.weight:
        return []
    lines = [
        Line([name, f"{found[key]:.4g}", f"{found['dof']:,.0f}", f"{found[f'{key}_p_value']:.3g}"])
        for name, key in (("likelihood ratio G²", "g2"), ("Pearson X²", "x2"))
    ]
    text = (
        "How far the table of all columns is from what the model expects; chi-squared where it holds and few cells are nearly "
        "empty."
    )
    return [
        Table("Absolute fit", ["statistic", "value", "degrees of freedom", "p"], lines, numbers=(1, 2, 3), text=text)
    ]


def _of_labels(told: LatentStory, rows: TableLike, method: str, run: Run) -> Any:
    """What a method says of rows whose columns are all of labels; None where they are not, or cells are missing."""
    try:
        return getattr(told.estimator, method)(rows, sample_weight=run.sample_weight)
    except ValueError:
        return None
