"""Rows in the columns of a saved model: by name where both have names, by position only where one has none."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from suffice.cli.batches import RenamedBatches
from suffice.cli.known import read_known
from suffice.cli.reading import Reading
from suffice.cli.source import Files, Source, first_of, read, takes_labels
from suffice.cli.usable import finite

if TYPE_CHECKING:
    from suffice.report.story import Story


def matching(
    model: Story,
    data: Files,
    reading: Reading,
    weights: str | None = None,
    aside: Sequence[str] = (),
    *,
    tell: bool = True,
) -> Source:
    """Rows in the columns of a model; an Arrow table if they may hold labels. Other columns are told of but those ``aside``."""
    if model.states is not None:
        return finite(read_known(model.states, data, reading, weights))
    labels, columns = takes_labels(model.estimator), model.columns
    source = finite(_matching(columns, data, reading, weights, labels, aside, tell=tell))
    if not labels:
        return source
    whole = hasattr(source.rows, "rename_columns")
    named = source.rows.rename_columns(columns) if whole else RenamedBatches(source.rows, columns)
    return replace(source, rows=named)


def _matching(
    columns: list[str],
    data: Files,
    reading: Reading,
    weights: str | None,
    labels: bool,
    aside: Sequence[str],
    *,
    tell: bool,
) -> Source:
    from suffice.data.dates import needs_parts
    from suffice.data.names import names_in

    first = first_of(data)
    held = names_in(first, header=reading.header, delimiter=reading.delimiter, array=reading.array)
    if held is None or columns == [f"x{j}" for j in range(len(columns))]:
        return _by_position(columns, data, reading, weights, labels, aside)
    held = [name for name in (reading.columns or held) if name not in (reading.drop or ())]
    dates = "parts" if reading.dates == "parts" or needs_parts(columns, held) else "aside"
    missing = [name for name in columns if name not in held]
    if missing and dates == "aside":
        raise _unlike(os.path.basename(first), columns, held, missing)
    without = replace(reading, columns=None, drop=None)
    source = read(data, without, columns=columns, weights=weights, labels=labels, dates=dates)
    extra = [name for name in held if name not in {*columns, *aside, weights} and name]
    if not extra or not tell or dates == "parts":
        return source
    from suffice.data.table import listing

    said = f"Not used, as the model has no such column{'s' * (len(extra) > 1)}: {listing(extra)}."
    return replace(source, notes=[*source.notes, said])


def _by_position(
    columns: list[str], data: Files, reading: Reading, weights: str | None, labels: bool, aside: Sequence[str]
) -> Source:
    from suffice.data import DataError

    drop = [*(reading.drop or ()), *(name for name in aside if name not in (reading.drop or ()))]
    source = read(data, replace(reading, drop=drop or None), weights=weights, labels=labels)
    if len(source.columns) == len(columns):
        return source
    raise DataError(
        f"{source.name} has {len(source.columns)} columns ({', '.join(source.columns[:20])}), but the model was fitted "
        f"to {len(columns)} ({', '.join(columns[:20])}): choose them with --columns or --drop."
    )


def _unlike(name: str, columns: list[str], held: list[str], missing: list[str]) -> Exception:
    from suffice.data import DataError
    from suffice.data.table import listing

    others = {other.casefold(): other for other in held if other not in columns}
    near = [(lacked, _nearest(lacked, others)) for lacked in missing]
    hints = [f"{found[0]!r} may be {lacked!r}" for lacked, found in near if found]
    hint = f"; {', '.join(hints[:3])}: rename what is the same" if hints else ""
    return DataError(
        f"{name} has no column {listing(missing)}; the model was fitted to {len(columns)} columns, {listing(columns)}, and "
        f"{name} has {listing(held)}{hint}. Columns are matched by their names."
    )


def _nearest(name: str, others: dict[str, str]) -> list[str]:
    """The other name that is most like one, whatever the case of the letters."""
    found = difflib.get_close_matches(name.casefold(), list(others), n=1, cutoff=0.7)
    return [others[other] for other in found]
