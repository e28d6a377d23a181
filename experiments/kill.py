"""Commands killed at random moments: what was there is whole, and what is new is whole or absent.

make kill                       # 200 kills of fit, score and impute
python experiments/kill.py --count 20
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS = 20_000


def whole(place: Path, model: bool) -> str:
    """What is wrong with what a command left at a place; empty where it is absent or whole."""
    from suffice import FileError, load

    if not place.exists():
        return ""
    if not model:
        lines = place.read_bytes().splitlines()
        return "" if len(lines) == ROWS + 1 and lines[-1].count(b",") == lines[0].count(b",") else "half a table"
    try:
        load(place / "model.safetensors")
    except FileError as error:
        return str(error)
    lacking = {"report.html", "assignments.csv", "trace.csv"} - {path.name for path in place.iterdir()}
    return f"no {sorted(lacking)}" if lacking else ""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    from suffice.cli import main as suffice

    draw, wrong, killed = random.Random(given.seed), [], 0
    with tempfile.TemporaryDirectory() as folder:
        data, model = Path(folder, "rows.csv"), Path(folder, "model")
        rows = np.random.default_rng(0).normal(size=(ROWS, 4)).round(3).astype(str)
        rows[::7, 2] = ""
        data.write_text("a,b,c,d\n" + "".join(",".join(row) + "\n" for row in rows))
        fit = ["fit", "gaussian-mixture", str(data), "--n-components", "2"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            suffice([*fit, "--out", str(model)])
        for number in range(given.count):
            command = draw.choice(("fit", "score", "impute"))
            out = Path(folder, f"{command}-out")
            words = fit if command == "fit" else [command, str(model), str(data)]
            before = out.exists() and draw.random() < 0.7
            words = [*words, "--out", str(out), *(["--overwrite"] if before else [])]
            process = subprocess.Popen(
                [sys.executable, "-m", "suffice", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(draw.uniform(0.2, 6.0))
            process.kill()
            killed += process.wait() < 0
            said = whole(out, command == "fit")
            if before and not out.exists():
                said = "what was there is gone"
            if said:
                wrong.append(f"{number}, {command}: {said}")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for command in ("fit", "score", "impute"):
                words = fit if command == "fit" else [command, str(model), str(data)]
                suffice([*words, "--out", str(Path(folder, f"{command}-out")), "--overwrite"])
        left = [path.name for path in Path(folder).iterdir() if path.name.endswith(".part")]
    print(
        f"{given.count} commands, {killed} of them killed; {len(wrong)} left half of something; left behind: {left or 'nothing'}"
    )
    print("\n".join(wrong))
    return int(bool(wrong or left))


if __name__ == "__main__":
    sys.exit(main())
