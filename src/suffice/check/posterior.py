"""Posteriors and conditionals of latent variables, in the form in which a person gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from suffice.check.asking import Asked, asked
from suffice.check.case import Case, Subject
from suffice.check.claims import Claim, ClaimError, claim_of
from suffice.check.continuous import GaussianPosterior, OnLine
from suffice.check.density_values import density_at_values
from suffice.check.discrete import Discrete, is_independent
from suffice.check.judging import Rules, judge
from suffice.check.optimum import Objective
from suffice.check.parts import combined, part_of
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Finding, not_comparable
from suffice.check.supports import Support, support_of

FORMS = ("table", "prob_one", "marginals", "pairwise", "mean_var", "mean_cov", "density")


def check_posterior(
    log_joint: Callable[..., Any] | str,
    latent: Mapping[str, Any],
    claim: Any,
    *,
    form: str = "table",
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the posterior of a latent variable given all else that the log-joint takes.

    It is held against enumeration (discrete), the exact moments (Gaussian) or quadrature (on a line).

    Parameters
    ----------
    log_joint
        Function of named arrays, the latent variable among them, that gives log p up to a constant; or a problem.
    latent
        Its name and support: a number of states, ``"binary"``, ``"spin"``, ``"real"``, ``"positive"``, ``"unit"``,
        ``"gaussian"``, ``"count"``; ``("states", list or function of the inputs)``, ``("ints", K)``, ``("real", d)``,
        ``("positive", d)``, ``("unit", d)``, ``("count", n)``, ``("simplex", d)``.
    claim
        Function of the other variables, or a formula; its shape says that of the latent variable.
    form
        ``"table"``: probabilities (or their logarithms) of the states along the last axis. ``"prob_one"``: P(1), or P(+1) of
        spins. ``"marginals"``: (T, K). ``"pairwise"``: (T - 1, K, K) of neighbours. ``"mean_var"``, ``"mean_cov"``: pairs.
        ``"density"``: the claim takes the latent variable too.
    at, seed, layout
        As in :func:`check_gradient`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def log_joint(x, z, weights, means):
    ...     return jnp.sum(jnp.log(weights)[z] - 0.5 * (x - means[z]) ** 2)
    >>> def draw(generator):
    ...     return {"x": generator.normal(size=5), "weights": generator.dirichlet([3, 3, 3]), "means": generator.normal(size=3)}
    >>> claim = "softmax(log(weights) - 0.5 * (x[:, None] - means)**2, axis=1)"
    >>> bool(check_posterior(log_joint, {"z": 3}, claim, at=draw))
    True
    >>> print(check_posterior(log_joint, {"z": 3}, "softmax(-0.5 * (x[:, None] - means)**2, axis=1)", at=draw).findings[0].kind)
    missing term
    """
    return _checked(log_joint, latent, claim, form, at, seed, layout, "posterior")


def check_conditional(
    log_joint: Callable[..., Any] | str,
    latent: Mapping[str, Any],
    claim: Any,
    *,
    form: str = "prob_one",
    at: At | None = None,
    seed: int = 0,
    layout: str = "any",
) -> CheckReport:
    """Whether a claim is the conditional of each element of a variable given all others, its neighbours among them.

    Parameters are those of :func:`check_posterior`; where ``at`` gives the variable itself, its other elements are held there. No
    normaliser is needed: ratios of the joint are.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> def negative_energy(v, h, W, a, b):
    ...     return v @ W @ h + b @ v + a @ h
    >>> def draw(generator):
    ...     W, a, b = generator.normal(size=(5, 3)), generator.normal(size=3), generator.normal(size=5)
    ...     return {"v": generator.integers(0, 2, 5), "W": W, "a": a, "b": b}
    >>> bool(check_conditional(negative_energy, {"h": "binary"}, "sigmoid(W.T @ v + a)", at=draw))
    True
    """
    return _checked(log_joint, latent, claim, form, at, seed, layout, "conditional")


def _checked(
    log_joint: Any, latent: Any, claim: Any, form: str, at: At | None, seed: int, layout: str, kind: str
) -> CheckReport:
    if form not in FORMS:
        raise ValueError(f"form={form!r} is not known; use one of {', '.join(FORMS)}.")
    name, given = _one_latent(latent)
    question = asked(log_joint, at, seed, "log_joint")
    full = question.complete(question.points[0])
    try:
        wanted = claim_of(claim, {*full, *([name] if form == "density" else [])})
        if form == "density":
            return density_at_values(question, name, support_of(given, full), wanted, seed, kind)
        shown = wanted(full)
        if form in ("mean_var", "mean_cov"):
            return _moments(question, name, given, claim, shown, form, seed, kind)
        return _probabilities(question, name, given, wanted, shown, form, seed, layout, kind)
    except ClaimError as error:
        return not_comparable(str(error), seed=seed)


def _one_latent(latent: Any) -> tuple[str, Any]:
    if not isinstance(latent, Mapping) or len(latent) != 1:
        raise ValueError("latent is a dictionary of one name and its support, such as {'z': 3} or {'h': 'binary'}.")
    return next(iter(latent.items()))


def _probabilities(
    question: Asked, name: str, given: Any, wanted: Claim, shown: Any, form: str, seed: int, layout: str, kind: str
) -> CheckReport:
    shape = np.shape(np.asarray(shown, float))
    support = support_of(given, question.points[0])
    if not support.discrete:
        raise ValueError(
            f"form={form!r} is of a latent variable with states; use 'mean_var', 'mean_cov' or 'density' for {given!r}."
        )
    if form != "prob_one" and (not shape or shape[-1] != len(support.states)):
        return not_comparable(
            f"Your answer has shape {shape}; its last axis should run over the {len(support.states)} states of {name}.",
            seed=seed,
        )
    sources = _Sources(question, name, given, form, kind)
    sources.remade = lambda point: sources.at(point, np.shape(np.asarray(wanted(point))))
    return judge(
        wanted,
        question.points,
        lambda point: sources.at(point, np.shape(np.asarray(wanted(point)))).answer(point),
        Subject(f"{kind} of {name}", "", kind, question.names),
        complete=question.complete,
        layout=layout,
        seed=seed,
        reference="enumeration of the joint",
        rules=Rules(equal=_logarithm),
        extra=sources.at(question.points[0], shape),
    )


class _Sources:
    """Posteriors by the shapes that claims have at each point."""

    remade: Callable[[Point], Any] | None = None

    def __init__(self, question: Asked, name: str, given: Any, form: str, kind: str):
        self.question, self.name, self.given, self.form, self.kind = question, name, given, form, kind
        self.kept: dict[Any, Discrete] = {}

    def at(self, point: Point, shape: tuple[int, ...]) -> Discrete:
        """The posterior at points of these shapes, for claims of that shape."""
        support = support_of(self.given, point)
        key = (shape, support.states)
        if key not in self.kept:
            self.kept[key] = self._made(support, _latent_shape(shape, self.form), point)
            self.kept[key].remade = self.remade
        return self.kept[key]

    def _made(self, support: Support, shape: tuple[int, ...], point: Point) -> Discrete:
        make = (self.question.function, self.name, support, shape, self.form)
        if self.form == "pairwise":
            return Discrete(*make, by_element=False)
        separate = Discrete(*make, by_element=True)
        if self.kind == "conditional" or not shape or is_independent(separate, point):
            return separate
        return Discrete(*make, by_element=False)


def _latent_shape(shape: tuple[int, ...], form: str) -> tuple[int, ...]:
    if form in ("prob_one", "mean", "var"):
        return shape
    return (shape[0] + 1,) if form == "pairwise" else shape[:-1]


def _logarithm(case: Case) -> str:
    """Whether logarithms of the probabilities are claimed."""
    if not case.same_shape or any(np.any(claimed > 0) for claimed in case.claimed):
        return ""
    other = case.with_claimed([np.exp(claimed) for claimed in case.claimed])
    return "as its logarithm" if other.agrees else ""


def _moments(
    question: Asked, name: str, given: Any, claim: Any, shown: Any, form: str, seed: int, kind: str
) -> CheckReport:
    if not isinstance(shown, tuple | list) or len(shown) != 2:
        return not_comparable(
            f"Your answer should be a pair: the mean of {name} and its {'variances' if form == 'mean_var' else 'covariance'}.",
            seed=seed,
        )
    second = {"mean_var": "var", "mean_cov": "cov"}[form]
    words = {"mean": "mean", "var": "variance", "cov": "covariance"}
    of_means = Rules(rivals=(partial(_mode_for_mean, function=question.function, name=name),))
    reports = []
    for place, moment in enumerate(("mean", second)):
        part = part_of(claim, place, set(question.complete(question.points[0])))

        def truth(point: Point, moment: str = moment) -> np.ndarray:
            return _moment_source(
                question, name, given, moment, part_of(claim, 0, set(point)), part_of(claim, 1, set(point)), point
            ).answer(point)

        try:
            source = _moment_source(
                question,
                name,
                given,
                moment,
                part_of(claim, 0, set(question.points[0])),
                part,
                question.complete(question.points[0]),
            )
        except ClaimError:
            source = None
        if source is not None:
            source.remade = partial(_remade, question, name, given, moment, claim)
        subject = Subject(f"{kind} {words[moment]} of {name}", "", kind, question.names)
        reports.append(
            judge(
                part,
                question.points,
                truth,
                subject,
                complete=question.complete,
                seed=seed,
                reference="the moments of the joint",
                extra=source,
                rules=of_means if moment == "mean" else Rules(),
            )
        )
    return combined(reports)


def _remade(question: Asked, name: str, given: Any, moment: str, claim: Any, point: Point) -> Any:
    known = set(point)
    return _moment_source(question, name, given, moment, part_of(claim, 0, known), part_of(claim, 1, known), point)


CONSTRAINTS = {"unit": "unit", "positive": "positive", "real": ""}


def _mode_for_mean(case: Case, function: Callable[..., Any], name: str) -> list[Finding]:
    """Whether the mean of a posterior on a line was taken for the value at which its density is largest."""
    kind = getattr(getattr(case.extra, "support", None), "kind", "")
    if kind not in CONSTRAINTS or not isinstance(case.extra, OnLine) or not case.same_shape:
        return []
    objective = Objective(function, {name: CONSTRAINTS[kind]}, 1.0)
    try:
        pairs = zip(case.points, case.claimed, strict=True)
        modes = [objective.optimum(point, [{name: claimed}])[name] for point, claimed in pairs]
    except ValueError:
        return []
    if not case.explains(modes):
        return []
    what = f"Your {case.subject.name} is the mode, the value of highest density, not the mean"
    return [Finding("mode for mean", what, fix="average over the density", evidence=case.evidence())]


def _moment_source(
    question: Asked, name: str, given: Any, moment: str, mean: Claim, second: Claim, point: Point
) -> Any:
    full = question.complete(point)
    support = support_of(given, full)
    shape = np.shape(np.asarray(mean(full)))
    if support.discrete:
        return Discrete(question.function, name, support, shape, moment, by_element=not shape)
    gaussian = GaussianPosterior(
        question.function, name, shape, moment, np.shape(np.asarray(second(full))) if moment == "cov" else ()
    )
    if support.kind in ("gaussian", "real") and gaussian.is_exact(full):
        return gaussian
    if support.kind == "gaussian":
        raise ValueError(
            f"The log-joint is not quadratic in {name}, so its posterior is not Gaussian; use 'real' and 'mean_var'."
        )
    if moment == "cov":
        raise ValueError(
            f"A covariance of {name} is known only where the posterior is Gaussian; use form='mean_var' or 'density'."
        )
    return OnLine(question.function, name, support, shape, moment)
