"""Samplers: whether one step of a Markov chain leaves a distribution as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

from suffice.check.asking import asked
from suffice.check.claims import ClaimError
from suffice.check.confined.sampler import ConfinedSampler, moved
from suffice.check.points import At
from suffice.check.problem import Point
from suffice.check.report import CheckReport, Finding, not_comparable
from suffice.check.summing import log_sum, over_space, space_of

LEVEL = 1e-4
DRAWS = (2000, 4000, 8000)
MOST_STATES = 200
"""States of several elements, beyond which the elements are counted one by one."""


def check_sampler(
    sample: Callable[..., Any] | ConfinedSampler,
    log_joint: Callable[..., Any] | str,
    *,
    latent: Mapping[str, Any],
    at: At | None = None,
    seed: int = 0,
) -> CheckReport:
    """Whether one step of a sampler leaves the distribution of a latent variable as it is.

    Starts are drawn exactly, by enumeration or on the grid of a quadrature; what one step makes of them is compared with the
    distribution (a chi-squared test, or that of Kolmogorov and Smirnov) at a level of 1e-4, with twice as many draws where it is
    in doubt; an array with more than 200 states element by element. A sampler that passes is not proved right, so the verdict is
    then ``"inconclusive"``: no evidence against.

    Parameters
    ----------
    sample
        ``sample(generator, **variables)``, which takes the latent variable's value and others by name and gives the next value;
        or a function of a file that is run in a process of its own, as grading does.
    log_joint
        log p up to a constant.
    latent
        The variable's name and support, as in :func:`check_posterior`; a value in ``at`` gives its shape.
    at, seed
        As in :func:`check_gradient`; the first point is used.

    Examples
    --------
    >>> def step(generator, z, p):
    ...     return generator.choice(3, p=p)
    >>> import jax.numpy as jnp
    >>> point = {"z": 0, "p": [0.2, 0.3, 0.5]}
    >>> check_sampler(step, lambda z, p: jnp.log(p)[z], latent={"z": 3}, at=point).message[:19]
    'No evidence against'
    """
    question = asked(log_joint, at, seed, "log_joint")
    point = question.complete(question.points[0])
    ((name, support),) = latent.items()
    space = space_of([name], {name: support}, point)
    logs = over_space(question.function, space, point) + space.logs
    chances = np.exp(logs - log_sum(logs))
    generator = np.random.default_rng([seed, 6])
    for draws in DRAWS:
        starts = generator.choice(len(space), size=draws, p=chances / chances.sum())
        try:
            made = _moved(sample, generator, name, space.values[name][starts], point)
        except ClaimError as error:
            return not_comparable(str(error), seed=seed)
        if all(np.array_equal(new, space.values[name][start]) for new, start in zip(made, starts, strict=True)):
            return _wrong(Finding("never moves", f"Your sampler never moves {name}", fix="draw a new value"), 0.0, seed)
        p_value, what = _compared(made, space.values[name], chances)
        if p_value > 0.01:
            break
    if p_value < LEVEL:
        return _wrong(
            Finding(
                "not invariant",
                f"One step of your sampler changes the distribution of {name}: {what}",
                fix="check its conditional, or what it accepts",
                evidence=f"p = {p_value:.1g} with {draws} draws",
            ),
            p_value,
            seed,
        )
    message = f"No evidence against your sampler: {draws} draws after one step are distributed as {name} is (p = {p_value:.2g})."
    return CheckReport("inconclusive", message, seed=seed, reference="exact draws")


def _wrong(finding: Finding, p_value: float, seed: int) -> CheckReport:
    return CheckReport("wrong", str(finding), (finding,), seed=seed, reference="exact draws", max_rel_err=1 - p_value)


def _moved(
    sample: Any, generator: np.random.Generator, name: str, starts: np.ndarray, point: Point
) -> list[np.ndarray]:
    """What one step makes of each start, here or in the sampler's own process."""
    if isinstance(sample, ConfinedSampler):
        return list(sample.moved(int(generator.integers(2**31)), name, starts, point))
    return moved(sample, generator, name, starts, point)


def _compared(made: list[np.ndarray], values: np.ndarray, chances: np.ndarray) -> tuple[float, str]:
    if made[0].shape != values.shape[1:]:
        return 0.0, f"it gives values of shape {made[0].shape}, not {values.shape[1:]}"
    if values.ndim > 1 and len(values) > MOST_STATES:
        return _counted_by_element(made, values, chances)
    if (len(values) <= 4096 and len(np.unique(values)) <= 64) or values.ndim > 1:
        return _counted(made, values, chances)
    drawn = np.sort(np.array(made, float))
    order = np.argsort(values)
    cumulated = np.cumsum(chances[order]) - 0.5 * chances[order]
    found = stats.kstest(np.interp(drawn, values[order], cumulated), "uniform")
    side = "lower" if float(np.mean(drawn)) < float(values @ chances) else "higher"
    return float(
        found.pvalue
    ), f"values are {side} on average, {np.mean(drawn):.4g} where {values @ chances:.4g} is right"


def _counted_by_element(made: list[np.ndarray], values: np.ndarray, chances: np.ndarray) -> tuple[float, str]:
    """Of too many states to be counted: the least likely element, as if each of them were tested alone."""
    drawn = np.array(made, float).reshape(len(made), -1)
    states = values.reshape(len(values), -1)
    found = []
    for place in range(states.shape[1]):
        known, where = np.unique(states[:, place], return_inverse=True)
        of_each = np.bincount(where, weights=chances)
        p_value, said = _counted(list(drawn[:, place]), known, of_each)
        found.append((p_value, place, said))
    p_value, place, said = min(found)
    index = list(map(int, np.unravel_index(place, values.shape[1:])))
    return min(1.0, p_value * len(found)), f"at {index}, {said}"


def _counted(made: list[np.ndarray], values: np.ndarray, chances: np.ndarray) -> tuple[float, str]:
    places = {value.tobytes(): place for place, value in enumerate(np.asarray(values, float))}
    counts = np.zeros(len(values))
    for value in made:
        place = places.get(np.asarray(value, float).tobytes())
        if place is None:
            return 0.0, f"it gives {value.tolist()}, which is no state"
        counts[place] += 1
    expected = chances * len(made)
    rare = expected < 5
    seen, wanted = np.append(counts[~rare], counts[rare].sum()), np.append(expected[~rare], expected[rare].sum())
    kept = wanted > 0
    p_value = (
        float(stats.chisquare(seen[kept], wanted[kept] * seen[kept].sum() / wanted[kept].sum()).pvalue)
        if kept.sum() > 1
        else 1.0
    )
    odd = int(np.argmax(np.abs(counts - expected) / np.sqrt(expected + 1)))
    return p_value, f"{values[odd].tolist()} comes {counts[odd] / len(made):.3g} of the time, not {chances[odd]:.3g}"
