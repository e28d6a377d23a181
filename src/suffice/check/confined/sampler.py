"""A sampler in a file, run in a process of its own: one step from each of many starts in one exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from suffice.check.claims import Claim, ClaimError

GENERATOR, LATENT, STARTS = "generator", "latent variable of the sampler", "starts of the sampler"
"""Names beside those of the variables: a seed, the name of what is sampled, and where it starts."""


@dataclass(frozen=True)
class ConfinedSampler:
    """A sampler as a claim that gives what one step makes of each start."""

    claim: Claim

    def moved(self, seed: int, name: str, starts: np.ndarray, point: Mapping[str, Any]) -> np.ndarray:
        """Values after one step from each start, or a ``ClaimError``."""
        asked = {**point, GENERATOR: np.asarray(seed), LATENT: np.asarray(name), STARTS: starts}
        found = np.asarray(self.claim.value(asked))
        if len(found) != len(starts):
            raise ClaimError("Your sampler gives values of different shapes.")
        return found


def moved(
    sample: Callable[..., Any], generator: np.random.Generator, name: str, starts: np.ndarray, point: Mapping[str, Any]
) -> list[np.ndarray]:
    """Values after one step from each start; what stops the sampler is a ``ClaimError``."""
    try:
        taken = list(signature(sample).parameters)[1:]
        made = []
        for start in starts:
            here = {**point, name: start}
            given = {own: np.array(here[own])[()] for own in taken if own in here}
            made.append(np.asarray(sample(generator, **given)))
        return made
    except (Exception, SystemExit) as error:
        said = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        raise ClaimError(f"Your sampler stopped with {type(error).__name__}{f': {said}' if said else ''}.") from None
