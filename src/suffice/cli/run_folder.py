"""A folder that is written completely or not at all, and beside it the state of a fit until then."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer


@contextmanager
def run_folder(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a hidden folder beside ``out`` to write to; its files move to ``out`` when the block ends well."""
    partial = _hidden_folder(out, overwrite)
    try:
        yield partial
        out.mkdir(exist_ok=True)
        for file in sorted(partial.iterdir()):
            os.replace(file, out / file.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_place(out: Path, *, overwrite: bool = False) -> None:
    """Refuse, before any work is done, what ``run_folder`` would refuse."""
    os.rmdir(_hidden_folder(out, overwrite))


def check_checkpoint(out: Path, *, overwrite: bool, resume: bool) -> Path:
    """The file beside a run folder that keeps the state of its fit until the folder is written; it is not lost unasked."""
    from suffice.fit.checkpoint import remove_checkpoint

    absolute = Path(os.path.abspath(out))
    kept = absolute.with_name(f"{absolute.name}.checkpoint")
    if resume:
        if not kept.exists():
            typer.echo(f"--resume: there is no {kept.name} beside {out}, so the fit begins anew", err=True)
    elif kept.exists() and overwrite:
        remove_checkpoint(kept)
    elif kept.exists():
        raise FileExistsError(
            f"{kept.name} beside {out} holds an interrupted fit: continue it with --resume, or begin anew with --overwrite."
        )
    return kept


def _hidden_folder(out: Path, overwrite: bool) -> Path:
    _refuse_occupied(out, overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))


def _refuse_occupied(out: Path, overwrite: bool) -> None:
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"--out {out} is a file; name a folder.")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise FileExistsError(f"--out {out} holds files: name another folder, or replace them with --overwrite.")
