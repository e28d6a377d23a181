"""Damaged and strange files through readers, models and commands: no traceback, no hang, no silent NaN, no damage accepted.

    make fuzz                                       # 20,000 inputs
    python experiments/fuzz.py --count 500 --seed 3

Each input is made from its number alone, so that `--seed N --count 1` repeats one. Inputs run in processes of bounded memory,
each for a bounded time. What fails is listed with its number.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import math
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

SECONDS, BYTES = 30, 6 << 30
WORDS = (
    "", "NA", "nan", "-", "—", "inf", "-inf", "1e308", "-1e308", "1e-320", "1e155", "4e18", "1,234", "1.234", "1.234,5", "12 %",
    "$5", "5 kg", "007", "0x1F", "1e5", "=A1+1", "'", '"', '"a,b"', "a\tb", "\u202f1", "−3", "日本語", "x" * 5000, "Total",
    "2020-01-01",
    "31.12.2020 23:59", "TRUE", "null", "#DIV/0!", "1_000", "+5", "٣", "\ufeff", "\x00", "1;2", "9" * 400, "-0", ".5", "5.", "1e",
)  # fmt: skip
COMMANDS = ("read", "read-columns", "score", "impute", "predict", "fit", "fit-mixed", "show")


class TooLong(Exception):
    """An input took longer than it may."""


def base_files(folder: Path) -> list[Path]:
    """Whole files of every kind, from which inputs are made."""
    import pyarrow as pa
    from pyarrow import feather, parquet

    draw = np.random.default_rng(0)
    rows = np.round(draw.normal(size=(30, 3)) * [1, 10, 1000], 3)
    names, table = ["a", "b", "c"], pa.table(dict(zip("abc", rows.T, strict=True)))
    lines = "\n".join(",".join(map(str, row)) for row in [names, *rows.tolist()]) + "\n"
    texts = {
        "plain.csv": lines,
        "semicolons.csv": lines.replace(",", ";").replace(".", ","),
        "tabs.tsv": lines.replace(",", "\t"),
        "blanks.txt": lines.replace(",", "  "),
        "labels.csv": "kind,a,b,c\n"
        + "".join(f"{'uvw'[i % 3]},{line}\n" for i, line in enumerate(lines.split("\n")[1:-1])),
        "lines.json": "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows.tolist()),
        "list.json": json.dumps([dict(zip(names, row, strict=True)) for row in rows.tolist()]),
        "weka.arff": "@relation r\n"
        + "".join(f"@attribute {name} numeric\n" for name in names)
        + "@data\n"
        + lines[6:],
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "plain.csv.gz").write_bytes(gzip.compress(lines.encode()))
    np.save(folder / "array.npy", rows)
    np.savez(folder / "array.npz", rows)
    parquet.write_table(table, folder / "table.parquet")
    feather.write_feather(table, folder / "table.arrow")
    idx = bytes([0, 0, 14, 2]) + np.array(rows.shape, ">u4").tobytes() + rows.astype(">f8").tobytes()
    (folder / "rows.idx").write_bytes(idx)
    return sorted(folder.iterdir())


def base_models(folder: Path, files: Path) -> list[Path]:
    """Runs of three kinds of models."""
    from suffice.cli import main

    plain, labels = str(files / "plain.csv"), str(files / "labels.csv")
    for name, words in {
        "mixture": ["gaussian-mixture", plain, "--n-components", "2"],
        "classifier": ["gaussian-classifier", labels, "--target", "kind"],
        "mixed": ["mixed-mixture", labels, "--n-components", "2"],
    }.items():
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if main(["fit", *words, "--out", str(folder / name)]) != 0:
                raise RuntimeError(f"The model {name} could not be fitted.")
    return sorted(folder.iterdir())


def mutated(content: bytes, draw: random.Random) -> bytes:
    """Some bytes changed, cut, repeated or put in, or some cells of a text."""
    for _ in range(draw.choice((0, 1, 1, 1, 2, 5))):
        content = draw.choice(
            (_cut, _flipped, _inserted, _repeated, _other_cell, _other_cell, _other_cell, _other_line)
        )(content, draw)
    return content


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _flipped(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 3, 20)) if changed else 0):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _inserted(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content) + 1)
    return content[:place] + draw.choice(WORDS).encode() + content[place:]


def _repeated(content: bytes, draw: random.Random) -> bytes:
    first, last = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:last] + content[first:last] * draw.choice((1, 2, 50)) + content[last:]


def _other_cell(content: bytes, draw: random.Random) -> bytes:
    cells = list(re.finditer(rb"[^,;\t\n ]+", content[:100_000]))
    if not cells:
        return content
    word, some = draw.choice(WORDS).encode(), draw.choice((1, 1, 3, len(cells) // 3 + 1))
    for cell in sorted(draw.sample(cells, min(some, len(cells))), key=lambda cell: -cell.start()):
        content = content[: cell.start()] + word + content[cell.end() :]
    return content


def _other_line(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = draw.randrange(len(lines))
    return b"\n".join([*lines[:place], *draw.choice(([], [lines[place]] * 2, [b""], [b"a,b"])), *lines[place + 1 :]])


def try_one(number: int, files: list[Path], models: list[Path], folder: Path) -> str:
    """What is wrong with how one input is answered; empty where nothing is."""
    draw = random.Random(number)
    command = draw.choice(COMMANDS)
    if command == "show":
        return _damaged_model(draw, models, folder)
    base = draw.choice(files)
    path = folder / base.name
    path.write_bytes(mutated(base.read_bytes(), draw))
    if command.startswith("read"):
        return _read(command, path, draw)
    return _run(command, path, models, folder, draw)


def _read(command: str, path: Path, draw: random.Random) -> str:
    from suffice.data import DataError, read_columns, read_table

    options = draw.choice(
        ({}, {}, {"dates": "parts"}, {"decimal": ","}, {"missing_values": ["-9", "NA"]}, {"header": False})
    )
    try:
        table = (read_table if command == "read" else read_columns)(path, **options)
    except DataError as error:
        return "" if str(error).strip() else "a refusal without words"
    if command == "read" and (table.values.ndim != 2 or table.values.shape[1] != len(table.columns)):
        return f"a table of shape {table.values.shape} with {len(table.columns)} names"
    return ""


def _run(command: str, path: Path, models: list[Path], folder: Path, draw: random.Random) -> str:
    from suffice.cli import main

    out = folder / "out"
    model = str(draw.choice(models))
    words = {
        "score": ["score", model, str(path), "--out", str(out)],
        "impute": ["impute", model, str(path), "--out", str(out)],
        "predict": ["predict", model, str(path), "--out", str(out), "--keep", "a"],
        "fit": ["fit", "gaussian-mixture", str(path), "--n-components", "2", "--max-iter", "5", "--out", str(out)],
        "fit-mixed": ["fit", "mixed-mixture", str(path), "--max-iter", "5", "--out", str(out)],
    }[command]
    said, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        status = main(words)
    if status not in (0, 2):
        return f"exit status {status}"
    if "Traceback" in errors.getvalue():
        return "a traceback"
    if status == 2 and out.exists():
        return "refused, and yet something was written"
    if status == 2 and not re.search(r"suffice: \S", errors.getvalue()):
        return "refused without a word"
    if status == 0 and re.search(r"\b-?(nan|inf)\b", said.getvalue()):
        return f"not a number is said: {said.getvalue().splitlines()[0][:200]}"
    return ""


def _damaged_model(draw: random.Random, models: list[Path], folder: Path) -> str:
    from suffice import FileError, load

    whole = (draw.choice(models) / "model.safetensors").read_bytes()
    content = draw.choice((_cut, _flipped, _inserted, _repeated))(whole, draw)
    path = folder / "model.safetensors"
    path.write_bytes(content)
    try:
        load(path)
    except FileError:
        return ""
    return "" if content == whole else "a damaged model is loaded"


def _ring(*_: object) -> None:
    raise TooLong


def work(numbers: list[int], queue: multiprocessing.Queue, place: str) -> None:
    """Try inputs one after another; tell before and after each, so that a death is seen."""
    import resource
    import warnings

    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    for rings in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(rings, _ring)
    warnings.simplefilter("ignore")
    files, models = base_files(Path(place, "files")), sorted(Path(place, "models").iterdir())
    for number in numbers:
        folder = Path(tempfile.mkdtemp(dir=place))
        queue.put((number, None, 0.0))
        begin, said = time.perf_counter(), ""
        try:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor, which other work does not lengthen
            signal.alarm(10 * SECONDS)
            said = try_one(number, files, models, folder)
        except TooLong:
            said = f"longer than {SECONDS} seconds"
        except BaseException as error:
            said = f"{type(error).__name__}: {str(error)[:200]}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
        queue.put((number, said, time.perf_counter() - begin))
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=0, help="number of the first input")
    options.add_argument("--minutes", type=float, default=math.inf, help="stop after these")
    given = options.parse_args()
    place = tempfile.mkdtemp()
    for name in ("files", "models"):
        Path(place, name).mkdir()
    base_files(Path(place, "files"))
    base_models(Path(place, "models"), Path(place, "files"))
    wrong, done, begin = {}, 0, time.perf_counter()
    numbers = list(range(given.seed, given.seed + given.count))
    context = multiprocessing.get_context("spawn")
    while numbers and time.perf_counter() - begin < 60 * given.minutes:
        queue = context.Queue()
        process = context.Process(target=work, args=(numbers[:2000], queue, place))
        process.start()
        numbers, found, told = _follow(process, queue, numbers, begin + 60 * given.minutes)
        wrong |= found
        done += told
    shutil.rmtree(place, ignore_errors=True)
    for number, said in sorted(wrong.items()):
        print(f"{number}: {said}")
    kinds = Counter(re.sub(r"[\d.]+|'[^']*'", "·", said)[:80] for said in wrong.values())
    print(f"{done:,} inputs in {time.perf_counter() - begin:.0f} s, {len(wrong)} answered wrongly")
    for kind, count in kinds.most_common():
        print(f"{count:6,}  {kind}")
    return int(bool(wrong))


def _follow(process, queue, numbers: list[int], end: float) -> tuple[list[int], dict[int, str], int]:
    """What a process finds, until it is done, dies or hangs; and the inputs that are left."""
    import queue as queues

    wrong: dict[int, str] = {}
    left, now, done = list(numbers), None, 0
    share = set(numbers[:2000])
    while share and time.perf_counter() < end:
        try:
            number, said, _ = queue.get(timeout=1.0 if process.is_alive() else 0.2)
        except queues.Empty:
            if not process.is_alive():
                break
            continue
        now = number
        if said is None:
            continue
        share.discard(number)
        left.remove(number)
        now, done = None, done + 1
        if said:
            wrong[number] = said
    if now is not None and not process.is_alive():
        wrong[now] = f"the process ended with status {process.exitcode}"
        left.remove(now)
        done += 1
    if process.is_alive():
        process.terminate()
    process.join()
    return left, wrong, done


if __name__ == "__main__":
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(tempfile.gettempdir(), "suffice-fuzz")))
    sys.exit(main())
