"""Several files of the same columns as one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from suffice.data.conventions import EVERY_PART
from suffice.data.dates import PARTS
from suffice.data.names import names_in
from suffice.data.table import DataError, MixedTable, Table, listing


def several_files(source: Any) -> list[str | os.PathLike[str]] | None:
    """Paths, where a source is a list of them; else None."""
    if not isinstance(source, list | tuple) or not source:
        return None
    return list(source) if all(isinstance(part, str | os.PathLike) for part in source) else None


def read_together(read: Callable[..., Any], files: Sequence[str | os.PathLike[str]], dates: str, **options: Any) -> Any:
    """Files as one table; parts of dates are those that differ in any of its rows, or that are asked for by name."""
    tables = [read(file, dates=EVERY_PART if dates == "parts" else dates, **options) for file in files]
    joined = joined_tables(tables) if isinstance(tables[0], Table) else joined_mixed_tables(tables)
    if dates != "parts":
        return joined
    own = names_in(files[0], **{name: options[name] for name in ("header", "delimiter", "array")})
    return joined.only(_without_constant_parts(joined, {*(own or ()), *(options["columns"] or ())}))


def _without_constant_parts(table: Table | MixedTable, own: set[str]) -> list[str]:
    """Names of the columns but for parts of dates that are the same in all rows; ``own`` are no such parts."""

    def varies(place: int) -> bool:
        values = table.values[:, place] if isinstance(table, Table) else np.asarray(table.values[place], float)
        return len(np.unique(values[~np.isnan(values)])) > 1

    return [
        name
        for place, name in enumerate(table.columns)
        if name in own or name.rpartition(".")[2] not in PARTS or varies(place)
    ]


def joined_tables(tables: Sequence[Table]) -> Table:
    """Rows of tables one below another, in the columns of the first."""
    first = tables[0]
    _refuse_others(tables)
    values = [table.values[:, [table.columns.index(name) for name in first.columns]] for table in tables]
    targets = [table.target for table in tables if table.target is not None]
    return Table(
        np.concatenate(values), first.columns, _name(tables), _notes(tables), first.image_shape,
        np.concatenate(targets) if len(targets) == len(tables) else None,
    )  # fmt: skip


def joined_mixed_tables(tables: Sequence[MixedTable]) -> MixedTable:
    """Rows of tables one below another, in the columns of the first."""
    _refuse_others(tables)
    parts = [table.values.select(tables[0].columns) for table in tables]
    targets = [table.target for table in tables if table.target is not None]
    try:
        values = pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"The files {_name(tables)} do not fit together ({str(error).splitlines()[0]}).") from None
    return MixedTable(
        values, _name(tables), _notes(tables), np.concatenate(targets) if len(targets) == len(tables) else None
    )


def _refuse_others(tables: Sequence[Table] | Sequence[MixedTable]) -> None:
    first = tables[0]
    for table in tables[1:]:
        missing = [name for name in first.columns if name not in table.columns]
        added = [name for name in table.columns if name not in first.columns]
        if missing or added:
            what = f"has no column {listing(missing)}" if missing else f"has the column {listing(added)} besides"
            raise DataError(f"{table.name} {what}, unlike {first.name}; files read together need the same columns.")


def _name(tables: Sequence[Table] | Sequence[MixedTable]) -> str:
    return tables[0].name if len(tables) == 1 else f"{tables[0].name} and {len(tables) - 1} more"


def _notes(tables: Sequence[Table] | Sequence[MixedTable]) -> list[str]:
    """What is said of all files once, and of some with their names."""
    said = [tables[0].notes[0]] if tables[0].notes and all(t.notes[:1] == tables[0].notes[:1] for t in tables) else []
    return said + [f"{table.name}: {note}" for table in tables for note in table.notes if note not in said]
