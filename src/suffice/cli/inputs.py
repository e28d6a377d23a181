"""The files that a command line names: patterns spelt out, and pipes, which can be read once, copied."""

from __future__ import annotations

import atexit
import glob
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path


def files_of(given: Sequence[str]) -> str | list[str]:
    """One path, or several; ``-`` is the standard input."""
    found = [path for word in given for path in _spelt_out(word)]
    return found[0] if len(found) == 1 else found


def _spelt_out(word: str) -> list[str]:
    if word == "-":
        return [_copied(Path("/dev/stdin"))]
    path = Path(word)
    if not path.exists() and glob.has_magic(word):
        found = sorted(glob.glob(word, recursive=True))
        if not found:
            raise FileNotFoundError(f"No file is called like {word}.")
        return found
    return [_copied(path) if _is_pipe(path) else word]


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _copied(path: Path) -> str:
    """The path of a copy, which goes with the process."""
    from suffice.data.pipes import as_file

    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with as_file(path) as whole:
        return str(shutil.copyfile(whole, Path(folder, path.name)))
