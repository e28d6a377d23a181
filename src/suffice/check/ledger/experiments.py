"""Experiments of the ledger: scripts run at the quick or the full size, and what they gave, kept in a folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import suffice
from suffice.check.ledger.entry import Measured, Outcome
from suffice.files.atomic import write_atomically

RESULT = "result.json"


@dataclass(frozen=True)
class Run:
    """What a script gave, or why it did not run.

    ``kept`` says that it was found in the folder, not run now; ``seconds`` are those of the run itself.
    """

    folder: Path
    size: str
    result: Mapping[str, Any]
    seconds: float = 0.0
    kept: bool = False
    failure: str = ""


def scripts_folder() -> Path | None:
    """Where the experiments are: beside the package's source, or in the folder that the command runs in."""
    beside = Path(suffice.__file__).resolve().parents[2] / "experiments"
    return next((place for place in (beside, Path("experiments")) if (place / "verdicts.py").is_file()), None)


def run(script: str, out: Path, *, full: bool = False, again: bool = False) -> Run:
    """The result of a script that is kept in ``out``, else of running it now."""
    size = "full" if full else "quick"
    folder = out / "experiments" / f"{script}-{size}"
    kept = _kept(folder)
    if kept is not None and not again:
        return Run(folder, size, kept["result"], kept["seconds"], kept=True)
    scripts = scripts_folder()
    if scripts is None:
        return Run(folder, size, {}, failure="the folder experiments/ of the source is not here")
    begin = time.perf_counter()
    command = [sys.executable, str(scripts / f"{script}.py"), "--out", str(folder), *(() if full else ("--quick",))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode:
        return Run(folder, size, {}, seconds, failure=_last_line(done.stderr) or "the script failed")
    result = json.loads(_last_line(done.stdout))
    write_atomically(folder / RESULT, json.dumps({"result": result, "seconds": seconds}, indent=1).encode())
    return Run(folder, size, result, seconds)


def outcome(way: Measured, ran: Run) -> Outcome:
    """What a run says of one claim, beside the verdict kept of five seeds."""
    if not way.says:
        return Outcome("not judged", way.kept, pictures=_pictures(way, ran))
    five = f"kept run of five seeds (docs/experiments.md): {way.kept}"
    if ran.failure:
        return Outcome("not run", f"{ran.failure}; {five}")
    said = next((one for one in ran.result["verdicts"] if re.match(way.says, one["claim"])), None)
    if said is None:
        return Outcome("not run", f"the script has no claim that begins with {way.says!r}; {five}")
    kept = ", kept" if ran.kept else ""
    scope = f"{ran.size} size{kept}: {ran.result['seeds']} seeds, {ran.result['epochs']} epochs, {ran.result['data']}"
    margin = f"margin {said['mean']:.3g} ± {said['standard_error']:.2g}"
    return Outcome(said["verdict"], f"{margin} ({scope}); {five}", pictures=_pictures(way, ran), size=ran.size)


def _pictures(way: Measured, ran: Run) -> tuple[str, ...]:
    return tuple(str(ran.folder / name) for name in way.pictures if (ran.folder / name).is_file())


def _kept(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / RESULT).read_text())
        return found if {"result", "seconds"} <= set(found) and "verdicts" in found["result"] else None
    except (OSError, ValueError, TypeError):
        return None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""
