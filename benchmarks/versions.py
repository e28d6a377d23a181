"""Seconds of the same fits under several Pythons with Suffice installed, in turns: ``python versions.py PYTHON PYTHON``.

``python tests/versions.py --keep FOLDER`` makes some, ``FOLDER/newest-3.13/bin/python`` for one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

from measure import fresh_process, processor

FRESH = Path(__file__).with_name("fresh.py")
VERSIONS = "import jax, platform; print('Python', platform.python_version(), 'JAX', jax.__version__)"
REPEATS = 5


def main(pythons: list[str]) -> None:
    """Print medians of each fit, a line for each Python."""
    runs: dict[str, list[dict[str, float]]] = {python: [] for python in pythons}
    for _ in range(REPEATS):
        for python, measured in runs.items():
            measured.append(json.loads(fresh_process([python, str(FRESH), "seconds"])[1]))
    print(processor())
    for python, measured in runs.items():
        fits = {name: round(median(run[name] for run in measured), 3) for name in measured[0]}
        print(
            fresh_process([python, "-c", VERSIONS])[1].strip(),
            *(f"{name} {fit} s" for name, fit in fits.items()),
            sep=", ",
        )


if __name__ == "__main__":
    main(sys.argv[1:])
