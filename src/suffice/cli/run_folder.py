"""A folder that is written completely or not at all, and beside it the state of a fit until then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suffice.cli.exchange import exchange
from suffice.cli.partial import part_of
from suffice.cli.telling import note

OF_RUNS = {
    "model.safetensors", "report.html", "trace.csv", "selection.csv", "assignments.csv", "predictions.csv", "scores.csv",
    "codes.csv", "factors.csv", "standard_errors.csv", "fit_statistics.csv", "reading.json", "before.png", "after.png",
    "energy.png",
}  # fmt: skip
"""Files that runs write, which another run may replace."""
OF_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}


@contextmanager
def run_folder(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a hidden folder beside ``out`` to write to, which takes the place of ``out`` as a whole when the block ends well.

    While the block lasts no other process writes there.
    """
    place = Path(os.path.realpath(out))
    _refuse_occupied(out, overwrite)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = part_of(place)
    partial.mkdir()
    try:
        yield partial
        _refuse_occupied(out, overwrite)
        _put(partial, place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_checkpoint(out: Path, *, overwrite: bool, resume: bool) -> Path:
    """The file beside a run folder that keeps the state of its fit until the folder is written; it is not lost unasked."""
    kept = _beside(out, "checkpoint")
    if resume and not kept.exists():
        note(f"--resume: there is no {kept.name} beside {out}, so the fit begins anew")
    _refuse_lost(kept, out, "fit", overwrite, resume)
    return kept


def samples_file(out: Path) -> Path:
    """The file beside a run folder that keeps the samples of a bootstrap test until the folder is written."""
    return _beside(out, "bootstrap")


def check_samples(out: Path, *, overwrite: bool, resume: bool) -> None:
    """Refuse to lose the samples of a bootstrap test unasked."""
    kept = samples_file(out)
    if resume and kept.exists():
        note(f"--resume: the bootstrap test goes on from {kept.name}")
    _refuse_lost(kept, out, "bootstrap test", overwrite, resume)


def _beside(out: Path, ending: str) -> Path:
    absolute = Path(os.path.abspath(out))
    return absolute.with_name(f"{absolute.name}.{ending}")


def _refuse_lost(kept: Path, out: Path, what: str, overwrite: bool, resume: bool) -> None:
    from suffice.fit.checkpoint import remove_checkpoint

    if resume or not kept.exists():
        return
    if not overwrite:
        raise FileExistsError(
            f"{kept.name} beside {out} holds an interrupted {what}: continue it with --resume, or begin anew with --overwrite."
        )
    remove_checkpoint(kept)


def check_file(out: Path | None, *, overwrite: bool, option: str = "--out") -> None:
    """Refuse to replace a file unasked, before any work is done."""
    if out is None:
        return
    if out.is_dir():
        raise IsADirectoryError(f"{option} {out} is a folder; name a file to write.")
    if (out.exists() or out.is_symlink()) and not overwrite:
        raise FileExistsError(f"{option} {out} is there already: name another file, or replace it with --overwrite.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {out.parent} to write {out.name} to.")


def _put(partial: Path, place: Path) -> None:
    """The folder in its place, at one blow where there is nothing or the system can exchange two folders."""
    if not place.exists():
        return os.rename(partial, place)
    if place == Path.cwd() or place.is_mount():
        return _file_by_file(partial, place)
    if not exchange(partial, place):
        aside = place.with_name(f".{place.name}.{os.getpid()}.old.part")
        os.rename(place, aside)
        os.rename(partial, place)
        shutil.rmtree(aside, ignore_errors=True)
    return None


def _file_by_file(partial: Path, place: Path) -> None:
    """Into a folder that must stay: a model is never beside another model's files."""
    for name in sorted(OF_RUNS, key=lambda name: name != "model.safetensors"):
        (place / name).unlink(missing_ok=True)
    for file in sorted(partial.iterdir(), key=lambda file: file.name == "model.safetensors"):
        os.replace(file, place / file.name)


def _refuse_occupied(out: Path, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"--out {out} is a file; name a folder.")
    held = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if held and not overwrite:
        raise FileExistsError(f"--out {out} holds files: name another folder, or replace them with --overwrite.")
    others = [name for name in held if name not in OF_RUNS | OF_DESKTOPS]
    if others:
        raise FileExistsError(
            f"--out {out} holds files that no run wrote ({', '.join(others[:3])}), which --overwrite would lose: name another "
            "folder."
        )
