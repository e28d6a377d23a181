"""What a run remembers of how its rows were read: cells that stand for nothing, and the column of the classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.cli.reading import Reading
from suffice.cli.source import Files, first_of
from suffice.cli.telling import note

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

FILE = "reading.json"


@dataclass(frozen=True)
class Remembered:
    """Options of the fit that hold for rows that are read later; None where there was none."""

    missing: dict[str, list[str]] | None = None
    target: str | None = None
    covariates: dict[str, list[str] | None] | None = None


def remember(
    folder: Path,
    estimator: BaseEstimator,
    reading: Reading,
    target: str | None,
    covariates: Mapping[str, Sequence[str] | None] | None = None,
) -> None:
    """Write the options on reading that a run has; a target is a classifier's, ``covariates`` have their labels."""
    from sklearn.base import is_classifier

    target = target if is_classifier(estimator) else None
    given: dict[str, Any] = {"missing": reading.missing, "target": target, "covariates": covariates}
    kept = {name: value for name, value in given.items() if value is not None}
    if kept:
        (folder / FILE).write_text(json.dumps(kept), encoding="utf-8")


def remembered(run: Path) -> Remembered:
    """What the folder of a run remembers; nothing of a model file by itself."""
    path = run / FILE
    if not path.is_file():
        return Remembered()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Remembered(found.get("missing"), found.get("target"), found.get("covariates"))
    except (ValueError, AttributeError):
        raise ValueError(
            f"{path} is damaged: remove it, and name --missing and --target where they are needed."
        ) from None


def as_fitted(run: Path, reading: Reading) -> Reading:
    """Options on reading with the cells that stood for nothing in the fit, where none are named."""
    before = remembered(run).missing
    if reading.missing is not None or not before:
        return reading
    note(f"Cells that stand for nothing are those of the fit: {', '.join(_written(before))}.")
    return replace(reading, missing=before)


def target_of(run: Path, files: Files, reading: Reading) -> str | None:
    """The column of the classes of the fit, where the rows have it too."""
    from suffice.data.names import names_in

    target = remembered(run).target
    if target is None:
        return None
    held = names_in(first_of(files), header=reading.header, delimiter=reading.delimiter, array=reading.array)
    return target if target in (held or ()) else None


def _written(missing: dict[str, list[str]]) -> list[str]:
    return [f"{column}={cell}" if column else cell for column, cells in missing.items() for cell in cells]
