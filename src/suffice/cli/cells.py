"""``suffice cells RUN DATA``: what the cells of a column may be, given the others of their rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from suffice.cli.inputs import files_of
from suffice.cli.kept import Keep, read_kept
from suffice.cli.matching import matching
from suffice.cli.options import Data, Overwrite, Run
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.remembered import as_fitted
from suffice.cli.run_folder import check_file
from suffice.cli.saved import load_run
from suffice.cli.source import streams
from suffice.cli.tables import RowWriter, replacing
from suffice.cli.telling import answer, note, say


@flat
def cells(
    run: Run,
    data: Data,
    reading: Reading,
    column: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the model to tell of.")],
    level: Annotated[float, typer.Option(help="Probability of the intervals of numbers.")] = 0.95,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV to write.", show_default="standard output")
    ] = None,
    keep: Keep = None,
    overwrite: Overwrite = False,
) -> None:
    """The probability of each label of a column, or an interval of its number, given the other cells of each row."""
    check_file(out, overwrite=overwrite)
    model, files, reading = load_run(run), files_of(data), as_fitted(run, reading)
    if not hasattr(model.estimator, "cell_probabilities"):
        raise ValueError(f"{run} holds {model.held}, which tells nothing of single cells: a mixture is expected.")
    if column not in model.columns:
        raise ValueError(f"--column {column} is no column of the model; they are {', '.join(model.columns[:20])}.")
    if streams(files, reading):
        raise ValueError(
            "Cells are told of rows in memory, and batches were asked for or the file is large: use --in-memory."
        )
    source, kept = matching(model, files, reading, None, keep or ()), read_kept(files, reading, keep)
    for sentence in source.notes:
        note(sentence)
    place = model.columns.index(column)
    found = _told(model.estimator, source.rows, place, column, level)
    with nullcontext(typer.get_binary_stream("stdout")) if out is None else replacing(out) as file:
        RowWriter(file, kept)(found)
    if out is not None:
        say(
            f"{out} holds what {column} may be in each of {len(source.rows):,} rows of {source.name}: {', '.join(found)}"
        )
        answer(rows=len(source.rows), columns=list(found), out=str(out))


def _told(estimator: Any, rows: Any, place: int, column: str, level: float) -> dict[str, Any]:
    """Columns of probabilities, or the two ends of an interval."""
    import numpy as np

    part: Any = estimator.model_.marginal([place]).components
    part = getattr(part, "parts", (part,))[0]
    if not part.labels:
        ends = estimator.cell_intervals(rows, place, level=level)
        return {"low": np.ascontiguousarray(ends[:, 0]), "high": np.ascontiguousarray(ends[:, 1])}
    chances = estimator.cell_probabilities(rows, place)
    known = getattr(estimator, "categories_", None)
    labels = range(chances.shape[1]) if known is None or known[place] is None else known[place]
    return {
        f"probability_{label}": np.ascontiguousarray(chance) for label, chance in zip(labels, chances.T, strict=True)
    }
