"""What runs in the other process: ``python -m suffice.check.confined.child SETTINGS`` answers points until its input ends."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suffice.check.claims import Claim, ClaimError, as_array, claim_of
from suffice.check.confined.frames import receive, send
from suffice.check.confined.sampler import GENERATOR, LATENT, STARTS, moved

MOST_NUMBERS = 10_000_000
"""Of one answer."""


def main(settings: Mapping[str, Any]) -> None:
    """Runs the file, then answers each point with arrays or the sentence that says why there are none."""
    with os.fdopen(os.dup(0), "rb") as points, os.fdopen(os.dup(1), "wb") as answers:
        _close_streams()
        _limit(settings["memory"])
        kept: dict[str, Any] = {}
        file = _File(settings)
        while (point := receive(points)) is not None:
            try:
                send(answers, _stepped(kept, file, point) if STARTS in point else _claimed(kept, file, point))
            except ClaimError as error:
                send(answers, {"refused": str(error)})


def _close_streams() -> None:
    """What the file prints goes nowhere, and it reads nothing."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _limit(memory: int) -> None:
    """Where the system has such a limit, no more memory than so many bytes."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


class _File:
    """The function of a file, which is run when it is first wanted."""

    def __init__(self, settings: Mapping[str, Any]):
        self.path, self.name = Path(settings["path"]), settings["function"]

    def loaded(self) -> Any:
        """The function."""
        sys.path.insert(0, str(self.path.parent))
        try:
            names = runpy.run_path(str(self.path), run_name=self.path.stem)
        except (Exception, SystemExit) as error:
            said = (str(error).splitlines() or [""])[0][:200].rstrip(".")
            raise ClaimError(
                f"Your file {self.path.name} stopped with {type(error).__name__}{f': {said}' if said else ''}."
            ) from None
        function = names.get(self.name)
        if not callable(function):
            raise ClaimError(f"Your file {self.path.name} leaves no function {self.name!r}.")
        return function


def _claimed(kept: dict[str, Any], file: _File, point: Mapping[str, Any]) -> dict[str, Any]:
    if "claim" not in kept:
        kept["claim"] = claim_of(file.loaded(), set(point))
    return _answer(kept["claim"], point)


def _stepped(kept: dict[str, Any], file: _File, point: dict[str, Any]) -> dict[str, Any]:
    """What one step of a sampler makes of each start."""
    if "sample" not in kept:
        kept["sample"] = file.loaded()
    seed, name, starts = (point.pop(own) for own in (GENERATOR, LATENT, STARTS))
    made = [as_array(one) for one in moved(kept["sample"], np.random.default_rng(int(seed)), str(name), starts, point)]
    if len({one.shape for one in made}) > 1:
        raise ClaimError("Your sampler gives values of different shapes.")
    return {"several": False, "part0": np.stack(made)}


def _answer(claim: Claim, point: Mapping[str, Any]) -> dict[str, Any]:
    found = claim(point)
    several = isinstance(found, tuple | list) and any(isinstance(part, np.ndarray) for part in found)
    parts = [as_array(part) for part in (found if several else [found])]
    if sum(part.size for part in parts) > MOST_NUMBERS:
        raise ClaimError(f"Your answer has more than {MOST_NUMBERS} numbers.")
    return {"several": several, **{f"part{place}": part for place, part in enumerate(parts)}}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
