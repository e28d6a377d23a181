"""What to look at next, in sentences that follow from the facts of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from suffice.report.advice import Advice, option, with_options
from suffice.report.summary import Summary

if TYPE_CHECKING:
    from suffice.plot.fitted import Climbed, ClimbedMixture
    from suffice.selection.result import Selection


def advice(
    estimator: ClimbedMixture,
    summary: Summary,
    command: Sequence[str] | None = None,
    *,
    image_shape: tuple[int, ...] | None = None,
    selection: Selection | None = None,
) -> list[Advice]:
    """Sentences on what the fit suggests doing next, most urgent first."""
    found = [
        _unfinished(estimator, command),
        _restarts(estimator, command),
        _tiny(estimator, summary, command),
        _blurred(estimator, summary, command),
        _images(estimator, image_shape, command),
    ]
    last = _other_sizes(estimator, command) if selection is None else _beyond(selection, command)
    return [Advice(sentence) for sentence in found if sentence] + [last]


def restart_sentence(estimator: Climbed) -> str:
    """How far the restarts agree."""
    ends = _ends(estimator)
    if len(ends) == 1:
        return "One start was tried."
    near = agreement_width(estimator)
    off = ends - estimator.lower_bound_
    agree = int((np.abs(off) <= near).sum())
    said = f"{agree} of {len(ends)} restarts ended within {near:g} nats per row of the best, which is drawn in blue."
    higher = int((off > near).sum())
    return (
        f"{said} {higher} ended higher with degenerate components and {_were(higher)} passed over." if higher else said
    )


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def agreement_width(estimator: Climbed) -> float:
    """Nats per row within which two restarts count as the same solution: ten times the rise at which each one stops."""
    return max(1e-3, 10 * (estimator.tol or 0.0))


def _ends(estimator: Climbed) -> np.ndarray:
    return np.array([np.asarray(trace)[-1] for trace in estimator.traces_ if len(trace)])


def _unfinished(estimator: Climbed, command: Sequence[str] | None) -> str | None:
    if estimator.converged_:
        return None
    raised = option("max_iter", 5 * estimator.max_iter, command)
    return (
        f"The fit had not converged after {estimator.n_iter_} iterations: the figures below may still move. "
        f"Let it run longer with {raised}."
    )


def _restarts(estimator: ClimbedMixture, command: Sequence[str] | None) -> str | None:
    ends = _ends(estimator)
    if len(estimator.weights_) == 1:
        return None
    if len(ends) == 1:
        return f"Only one start was tried; another may end higher. Try {option('n_init', 10, command)}."
    ends = ends[ends <= estimator.lower_bound_ + agreement_width(estimator)]
    others = ends[ends < estimator.lower_bound_ - agreement_width(estimator)]
    agree = len(ends) - len(others)
    if agree > max(1, len(ends) / 3):
        return None
    more = option("n_init", 3 * len(ends), command)
    return (
        f"The restarts disagree: {agree} of {len(ends)} reached the best log-likelihood, and the next ended "
        f"{estimator.lower_bound_ - others.max():.3g} nats per row below it. A better solution may exist; try {more}."
    )


def _tiny(estimator: ClimbedMixture, summary: Summary, command: Sequence[str] | None) -> str | None:
    weights = np.asarray(estimator.weights_)
    fewest = max(5, 2 * estimator.n_features_in_) if getattr(estimator, "covariance_type", "") == "full" else 5
    tiny = np.flatnonzero(weights * summary.weight < fewest)
    if not len(tiny):
        return None
    names = ", ".join(str(k) for k in tiny[:6]) + (" and others" if len(tiny) > 6 else "")
    one = len(tiny) == 1
    fewer = option("n_components", max(1, len(weights) - len(tiny)), command)
    return (
        f"Component{'' if one else 's'} {names} {'rests' if one else 'rest'} on fewer than {fewest} rows, too few to "
        f"trust {'its' if one else 'their'} parameters. Try {fewer}, or look at these rows as outliers."
    )


def _blurred(estimator: ClimbedMixture, summary: Summary, command: Sequence[str] | None) -> str | None:
    n_components = len(estimator.weights_)
    if n_components == 1 or summary.blurred < 0.2:
        return None
    return (
        f"{summary.blurred:.0%} of the rows belong to no component with probability 0.8 or more: components overlap. "
        f"Read the responsibilities rather than the labels; if you want clusters, try "
        f"{option('n_components', n_components - 1, command)} and compare ICL, which counts overlap against a model."
    )


def _images(estimator: Climbed, image_shape: tuple[int, ...] | None, command: Sequence[str] | None) -> str | None:
    side = isqrt(estimator.n_features_in_)
    if image_shape is not None or hasattr(estimator, "encoder_") or side < 8 or side**2 != estimator.n_features_in_:
        return None
    named = f"image_shape=({side}, {side})" if command is None else f"--image-shape {side}x{side}"
    return f"{side**2} columns are {side} times {side}: if the rows are images, {named} shows the components as images."


def _other_sizes(estimator: ClimbedMixture, command: Sequence[str] | None) -> Advice:
    n_components = len(estimator.weights_)
    sizes = [size for size in (n_components - 1, n_components + 1) if size > 0]
    if command is None:
        tries = " and ".join(f"n_components={size}" for size in sizes)
        return Advice(f"Compare BIC with {tries} on the same rows: the lowest is the best trade of fit against size.")
    words = [word for word in command if word != "--overwrite"]
    text = "Compare BIC with other numbers of components: the lowest is the best trade of fit against size."
    return Advice(text, tuple(with_options(words, n_components=n, out=_beside(words, n)) for n in sizes))


def _beyond(selection: Selection, command: Sequence[str] | None) -> Advice:
    """Where to search next."""
    counts = selection.table["n_components"]
    most = int(counts.max())
    if int(counts[selection.best_index]) == most and len(set(counts)) > 1:
        wider = (
            f"n_components=range({most}, {2 * most + 1})" if command is None else f"--n-components {most}-{2 * most}"
        )
        return Advice(
            f"The best has the most components that were tried, {most}; one with more may be better. Try {wider}."
        )
    return Advice(
        "The best of these models need not be a good one: look at the pictures below before you trust its components."
    )


def _beside(command: Sequence[str], size: int) -> str:
    words = list(command)
    out = words[words.index("--out") + 1] if "--out" in words else "run"
    return f"{out.rstrip('/')}-{size}"
