"""Names in files of Python that the teacher's own exercises bring, which are run."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any


def from_file(named: str, folder: Path) -> Any:
    """What a file calls by a name, as ``models.py:loss``; raises ``ValueError`` where there is none."""
    file, _, name = named.rpartition(":")
    path = folder / file
    if not file.endswith(".py") or not name:
        raise ValueError(f"{named!r} is no name in a file; write one such as models.py:loss.")
    if not path.is_file():
        raise ValueError(f"there is no file {path}.")
    found = _run(path)
    if name not in found:
        own = [key for key, value in found.items() if callable(value) and not key.startswith("_")]
        raise ValueError(f"{path} has no {name!r}; it has {', '.join(own[:20]) or 'no functions'}.")
    return found[name]


RUN: dict[tuple[Path, float], dict[str, Any]] = {}
"""What files left, each run once as it is."""


def _run(path: Path) -> dict[str, Any]:
    key = path.resolve(), path.stat().st_mtime
    if key not in RUN:
        sys.path.insert(0, str(path.parent.resolve()))
        try:
            RUN[key] = runpy.run_path(str(path), run_name=path.stem)
        except Exception as error:
            said = (str(error).splitlines() or [""])[0]
            raise ValueError(f"{path} stops with {type(error).__name__}: {said}.") from error
        finally:
            sys.path.remove(str(path.parent.resolve()))
    return RUN[key]
