"""Covariates of membership: columns of DATA beside the model's, numbers as they are and text by its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.cli.reading import Reading
from suffice.cli.remembered import remembered
from suffice.cli.source import Files, Source, first_of, read, streams
from suffice.cli.telling import note

if TYPE_CHECKING:
    import numpy as np

Labels = Mapping[str, Sequence[str] | None]
"""Of each covariate its labels, the first of which is the reference; None of numbers."""


@dataclass(frozen=True)
class Covariates:
    """Numbers (n, q) under their names."""

    columns: list[str]
    values: np.ndarray
    labels: Labels

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.values if dtype is None else self.values.astype(dtype)


def read_covariates(data: Files, reading: Reading, wanted: Sequence[str], known: Labels | None = None) -> Covariates:
    """Some columns of a file as covariates; with the labels of a fit where these are ``known``."""
    import numpy as np

    if streams(data, reading):
        raise ValueError(
            "Covariates are read into memory, and batches were asked for or the file is large: use --in-memory."
        )
    table = read(data, replace(reading, columns=list(wanted), drop=None), labels=True).rows
    labels = {name: _labels(table.column(name)) for name in wanted} if known is None else known
    found = [part for name in wanted for part in _numbers(name, table.column(name), labels[name])]
    return Covariates([name for name, _ in found], np.column_stack([own for _, own in found]), labels)


def beside(reading: Reading, covariates: Sequence[str]) -> Reading:
    """How to read the model's columns, which are the others."""
    if reading.columns is None:
        return replace(reading, drop=[*(reading.drop or ()), *covariates])
    return replace(reading, columns=[name for name in reading.columns if name not in covariates])


def of_fit(run: Path, data: Files, reading: Reading) -> Covariates | None:
    """Covariates that a run was fitted with, of other rows; None where there were none, or the file lacks all."""
    from suffice.data.names import names_in

    known = remembered(run).covariates
    if not known:
        return None
    held = names_in(first_of(data), header=reading.header, delimiter=reading.delimiter, array=reading.array) or ()
    missing = [name for name in known if name not in held]
    if len(missing) == len(known):
        note(
            f"Without the covariates of the fit ({', '.join(known)}), which are not there, mean memberships are taken."
        )
        return None
    if missing:
        raise ValueError(
            f"Covariates {', '.join(missing)} of the fit are not in the file; give all of {', '.join(known)}, or none."
        )
    return read_covariates(data, reading, list(known), known)


def with_covariates(source: Source, covariates: Covariates | None) -> Source:
    """Rows with the covariates beside them."""
    return source if covariates is None else replace(source, covariates=covariates)


def _labels(column: Any) -> list[str] | None:
    """The labels of a column of text, sorted; None of numbers."""
    from suffice.data.text_cells import is_text

    if not is_text(getattr(column.type, "value_type", column.type)):
        return None
    return sorted({cell for cell in column.to_pylist() if cell is not None})


def _numbers(name: str, column: Any, labels: Sequence[str] | None) -> list[tuple[str, np.ndarray]]:
    """A column as numbers (n,), or as an indicator of each label but the first; NaN where cells are missing."""
    import numpy as np

    cells = column.to_pylist()
    if labels is None:
        try:
            return [(name, np.array([np.nan if cell is None else float(cell) for cell in cells]))]
        except (TypeError, ValueError):
            raise ValueError(f"Covariate {name} holds cells that are no numbers, and the fit had numbers.") from None
    strange = sorted({str(cell) for cell in cells if cell is not None} - set(labels))
    if strange:
        raise ValueError(
            f"Covariate {name} holds {strange[0]!r}, which the fit did not have; it had {', '.join(labels)}."
        )
    if len(labels) < 2:
        raise ValueError(f"Covariate {name} holds one value only; leave it out.")
    return [
        (f"{name} = {label}", np.array([np.nan if cell is None else float(str(cell) == label) for cell in cells]))
        for label in labels[1:]
    ]
