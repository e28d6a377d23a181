"""What is being written: files and folders beside their place, under a name that says by which process."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path


def part_of(place: Path) -> Path:
    """Where a file or folder is written until it is whole; what processes that ended left there is removed.

    Another process that is writing to the same place is refused.
    """
    own = place.with_name(f".{place.name}.{os.getpid()}.part")
    _remove(own)
    for other, process in _parts(place):
        if _is_alive(process):
            raise FileExistsError(
                f"Another suffice (process {process}) is writing to {place}: wait for it, or name another place; if it is "
                f"none, remove {other}."
            )
        _remove(other)
    return own


def of_places(text: str) -> str:
    """A text in which what is being written goes by the name of its place."""
    return re.sub(r"(^|[/\\ ])\.([^/\\]+)\.\d+\.part\b", r"\1\2", text)


def _parts(place: Path) -> list[tuple[Path, int]]:
    """Files and folders that other processes write, or wrote, for a place, with the numbers of these."""
    named = re.compile(rf"\.{re.escape(place.name)}\.(\d+)\.part")
    found = ((path, named.fullmatch(path.name)) for path in place.parent.glob(".*.part"))
    return [(path, int(match[1])) for path, match in found if match and int(match[1]) != os.getpid()]


def _is_alive(process: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
