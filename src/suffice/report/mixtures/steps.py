"""Pages on steps after a fit: what class membership depends on, and how an outcome differs between classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.estimators.mixtures.distal_outcome import DistalOutcome
from suffice.estimators.mixtures.membership_regression import MembershipRegression
from suffice.plot.canvas import FAINT, INK, component_colours
from suffice.plot.marks import Dots, Mark, Rule, Segments
from suffice.plot.panel import Axis, Panel
from suffice.report.latent import LatentStory
from suffice.report.parts import Line, Section, Table, counted
from suffice.report.picture import Picture, picture

NORMAL = 1.959964
"""Standard errors on each side of an estimate that hold the truth with 95 %."""


def regression_tables(found: MembershipRegression, names: Sequence[str]) -> list[Table]:
    """Coefficients of each component, and the test of each covariate."""
    named, colours = ["intercept", *names], component_colours(len(found.coefficients))
    lines = [
        Line([str(k), named[j], f"{found.coefficients[k, j]:.4g}", _error(found.standard_errors[k, j]),
              f"{np.exp(found.coefficients[k, j]):.4g}", _unless_held(found.p_values[k, j], found.standard_errors[k, j])],
             colours[k])
        for k in range(1, len(found.coefficients)) for j in range(len(named))
    ]  # fmt: skip
    header = ["component", "covariate", "coefficient", "standard error", "odds ratio", "p"]
    text = "Log-odds of each component against component 0, by a multinomial logit."
    tests = [
        Line([name, f"{test['statistic']:.4g}", f"{test['dof']:,.0f}", _unless_held(test["p_value"], test["dof"])])
        for name, test in zip(names, found.wald_tests.values(), strict=True)
    ]
    said = "That all coefficients of a covariate are 0."
    return [
        Table("Membership by covariates", header, lines, numbers=(2, 3, 4, 5), text=text),
        Table("Wald tests", ["covariate", "statistic", "degrees of freedom", "p"], tests, numbers=(1, 2, 3), text=said),
        _errors(found.classification_errors),
    ]


def outcome_tables(found: DistalOutcome, name: str) -> list[Table]:
    """Means or shares of the outcome in each component, and the test that they are alike."""
    values, errors = (np.reshape(own, (len(found.estimates), -1)) for own in (found.estimates, found.standard_errors))
    kinds = ["mean"] if found.categories is None else [f"share of {kind}" for kind in found.categories]
    colours = component_colours(len(values))
    lines = [
        Line([str(k), kind, f"{values[k, j]:.4g}", _error(errors[k, j]),
              f"{values[k, j] - NORMAL * errors[k, j]:.4g} to {values[k, j] + NORMAL * errors[k, j]:.4g}"], colours[k])
        for k in range(len(values)) for j, kind in enumerate(kinds)
    ]  # fmt: skip
    test = found.wald_test
    text = (
        f"Wald's test that {name} is the same in all components: {test['statistic']:.4g} on "
        f"{counted(round(test['dof']), 'degree')} of freedom, p = {test['p_value']:.3g}."
    )
    header = ["component", name, "estimate", "standard error", "95 % interval"]
    return [Table("The outcome", header, lines, numbers=(2, 3), text=text), _errors(found.classification_errors)]


def regression_page(told: LatentStory, found: MembershipRegression, names: Sequence[str], source: str) -> Section:
    """What a page says of a regression of membership."""
    pictures = [_estimates(f"{name}: log-odds against component 0", found.coefficients[1:, j], found.standard_errors[1:, j],
                           range(1, len(found.coefficients)), 0.0) for j, name in enumerate(names, 1)]  # fmt: skip
    return _page(told, "Membership by covariates", found.outcome, source, pictures, regression_tables(found, names))


def outcome_page(told: LatentStory, found: DistalOutcome, name: str, source: str) -> Section:
    """What a page says of an outcome in the classes."""
    values, errors = (np.reshape(own, (len(found.estimates), -1)) for own in (found.estimates, found.standard_errors))
    titles = (
        [f"mean of {name}"] if found.categories is None else [f"share of {name} = {kind}" for kind in found.categories]
    )
    pictures = [
        _estimates(title, values[:, j], errors[:, j], range(len(values)), None) for j, title in enumerate(titles)
    ]
    return _page(told, f"{name} by component", found.outcome, source, pictures, outcome_tables(found, name))


def _page(
    told: LatentStory, title: str, outcome: str, source: str, pictures: list[Picture], tables: list[Table]
) -> Section:
    lead = f"{told.size} of a {told.name[0].lower()}{told.name[1:]}, and the rows of {source}. The components stay what they are."
    return Section(
        title=title, outcome=outcome, converged=told.converged, settings=[], lead=lead, pictures=pictures, tables=tables,
        data=[("source", source), ("columns of the model", ", ".join(told.columns[:40]))], said=outcome,
    )  # fmt: skip


def _estimates(
    title: str, values: np.ndarray, errors: np.ndarray, components: Sequence[int], at: float | None
) -> Picture:
    """Estimates with their intervals, a component above another."""
    place = np.arange(len(values), dtype=float)[::-1]
    low, high = (np.stack([values + side * NORMAL * errors, place], 1) for side in (-1, 1))
    marks: list[Mark] = [] if at is None else [Rule(FAINT, x=at)]
    marks += [Segments(low, high, INK, 1.5), Dots(values, place, INK, 5.0)]
    names = [f"component {k}" for k in components]
    axis = Axis("", -0.6, len(values) - 0.4, place, names, plain=True)
    panel = Panel(marks, Axis(title), axis, size=(5.6, 1.0 + 0.35 * len(values)))
    return picture(title, "Dots are estimates, lines their 95 % intervals.", panel)


def _error(error: float) -> str:
    return f"{error:.2g}" if error > 0 else "held"


def _unless_held(p_value: float, told: float) -> str:
    """A p-value, where something is told of what it tests."""
    return f"{p_value:.3g}" if told > 0 else "held"


def _errors(errors: np.ndarray) -> Table:
    """How often rows of a component are assigned to each."""
    header = ["component", *(f"to {k}" for k in range(len(errors)))]
    lines = [Line([str(k), *(f"{share:.3f}" for share in own)]) for k, own in enumerate(errors)]
    text = "Chances that a row of each component is assigned to each."
    return Table("Classification errors", header, lines, numbers=range(1, len(header)), text=text)
