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

MOST_NUMBERS = 10_000_000
"""Of one answer."""


def main(settings: Mapping[str, Any]) -> None:
    """Runs the file, then answers each point with arrays or the sentence that says why there are none."""
    with os.fdopen(os.dup(0), "rb") as points, os.fdopen(os.dup(1), "wb") as answers:
        _close_streams()
        _limit(settings["memory"])
        claim, function = None, _Unloaded(settings)
        while (point := receive(points)) is not None:
            try:
                claim = claim or claim_of(function.loaded(), set(point))
                send(answers, _answer(claim, point))
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


class _Unloaded:
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


def _answer(claim: Claim, point: Mapping[str, Any]) -> dict[str, Any]:
    found = claim(point)
    several = isinstance(found, tuple | list) and any(isinstance(part, np.ndarray) for part in found)
    parts = [as_array(part) for part in (found if several else [found])]
    if sum(part.size for part in parts) > MOST_NUMBERS:
        raise ClaimError(f"Your answer has more than {MOST_NUMBERS} numbers.")
    return {"several": several, **{f"part{place}": part for place, part in enumerate(parts)}}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
