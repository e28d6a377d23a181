"""How long the five jobs of ``docs/jobs.md`` take, from a file to an answer: ``python benchmarks/jobs.py``.

The lines of Python make the files; then the commands of each part run one after the other, each in a process of its own as a
person types them. Prints seconds by the clock of each job, and of each command.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "jobs.md"


def blocks(text: str, language: str) -> list[str]:
    """The blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def seconds(words: list[str], folder: str) -> float:
    """How long a command takes; one that fails ends the script."""
    begin = time.perf_counter()
    run = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"}
    )
    if run.returncode:
        raise SystemExit(f"{shlex.join(words)}\n{run.stdout}{run.stderr}")
    return time.perf_counter() - begin


def main() -> None:
    """Run every job, and print its times."""
    opening, *jobs = PAGE.read_text().split("\n## ")
    with tempfile.TemporaryDirectory() as folder:
        seconds([sys.executable, "-c", "\n".join(blocks(opening, "python"))], folder)
        for job in jobs:
            lines = [line for block in blocks(job, "bash") for line in block.splitlines() if line]
            times = [seconds([sys.executable, "-m", *shlex.split(line)], folder) for line in lines]
            print(f"{sum(times):6.1f} s  {job.splitlines()[0]}")
            for line, time_taken in zip(lines, times, strict=True):
                print(f"{time_taken:14.1f}  {line}")


if __name__ == "__main__":
    main()
