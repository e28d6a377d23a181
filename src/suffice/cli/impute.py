"""``suffice impute RUN DATA``: a table with its missing cells filled in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from suffice.cli.cluster import Workers, on_cluster
from suffice.cli.filled import fill_known
from suffice.cli.inputs import files_of
from suffice.cli.matching import matching
from suffice.cli.on_workers import Completions, streaming, told_by_workers
from suffice.cli.options import Data, Overwrite, Run
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.remembered import as_fitted
from suffice.cli.run_folder import check_file
from suffice.cli.saved import load_run
from suffice.cli.source import Files, Source, streams, takes_labels
from suffice.cli.tables import append_table, replacing
from suffice.cli.telling import answer, note, say

if TYPE_CHECKING:
    from typing import BinaryIO

    import numpy as np
    import pyarrow as pa

    from suffice.data.table import MixedTable
    from suffice.estimators.factors.base import FactorEstimator
    from suffice.estimators.mixtures.base import MixtureEstimator
    from suffice.report.story import Story


DRAW = "draw"
Parameters = Literal["fixed", "drawn"]


@flat
def impute(
    run: Run,
    data: Data,
    reading: Reading,
    spread: Workers,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV to write: every column of DATA in its order, text too; of a stream, the columns of the model.",
        ),
    ],
    std: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of the standard deviation of each cell of the model's columns: 0 where it was there.",
        ),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Draw cells in place of their means, so many times: complete tables one below another, numbered from 1 "
            f"in a first column named {DRAW}.",
            show_default="means",
        ),
    ] = None,
    parameters: Annotated[
        Parameters,
        typer.Option(help="Draw with the parameters of the fit, or for each table with those of a refit to rows drawn anew, "
                          "which an analysis of all tables needs (`suffice pool`)."),
    ] = "fixed",
    random_state: Annotated[int, typer.Option(min=0, help="Seed of the draws, of an RBM also of the means.")] = 0,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Fill in the missing cells of a table with their means under a saved model, given the cells that are there."""
    import numpy as np

    _refuse_clashes(out, std, draws)
    asked = on_cluster(spread)
    if asked:
        reading = streaming(reading, {"std": std, "draws": draws})
    else:
        check_file(out, overwrite=overwrite)
    check_file(std, overwrite=overwrite, option="--std")
    model, files, reading = load_run(run), files_of(data), as_fitted(run, reading)
    estimator = model.estimator
    _refuse_model(run, model, std)
    if parameters == "drawn":
        _refuse_drawn(run, model, draws, streams(files, reading))
    if model.states is not None and asked:
        raise ValueError(
            f"{run} holds a network of states; from Python, impute of a Dask DataFrame is done by workers."
        )
    if model.states is not None:
        return fill_known(model, files, reading, out, draws, random_state)
    whole = None if streams(files, reading) else _whole(files, reading)
    source = matching(model, files, reading, tell=whole is None)
    for sentence in source.notes:
        note(sentence)
    if asked:
        said = told_by_workers(spread, source.rows, Completions(model, source.columns), out)
        say(f"{out} holds {said.rows:,} rows; {said.missing:,} missing cells are filled in")
        return answer(rows=said.rows, filled_cells=said.missing, out=str(out))
    estimator.set_params(random_state=np.random.RandomState(random_state))
    with ExitStack() as opened:
        file = opened.enter_context(replacing(out))
        deviations = None if std is None else opened.enter_context(replacing(std))
        proper = iter(estimator.impute(source.rows, draws=draws, parameters="drawn")) if parameters == "drawn" else None
        for number in range(1, (draws or 1) + 1):
            drawn = None if draws is None else number
            rows, filled = _write(estimator, _parts(source, whole), source.columns, drawn, file, deviations, proper)
    means = "their means or likeliest labels" if takes_labels(estimator) else "their means"
    what = means if draws is None else f"draws: {draws:,} tables, numbered in the first column {DRAW}"
    say(f"{out} holds {rows:,} rows; {filled:,} missing cell{' is' if filled == 1 else 's are'} filled in with {what}")
    answer(rows=rows, filled_cells=filled, tables=draws or 1, out=str(out), std=None if std is None else str(std))
    if std is not None:
        say(f"{std} holds the standard deviation of each cell of the model's columns")


def _refuse_clashes(out: Path, std: Path | None, draws: int | None) -> None:
    if std is not None and draws is not None:
        raise ValueError(
            f"--std {std} says how uncertain means are, and --draws {draws} show it themselves: give one of the two."
        )
    if std is not None and std.absolute() == out.absolute():
        raise ValueError(f"--out and --std both name {out}; name two files.")


def _refuse_model(run: Path, model: Story, std: Path | None) -> None:
    if not model.imputes:
        raise ValueError(
            f"{run} holds {model.held}, which fills in no cells: impute with a mixture, such as gaussian-mixture."
        )
    if not model.deviate and std is not None:
        raise ValueError(
            f"{run} holds {model.held}, which says no deviations of cells: show them by --draws in place of --std."
        )


def _refuse_drawn(run: Path, model: Story, draws: int | None, batches: bool) -> None:
    if draws is None:
        raise ValueError("--parameters drawn is of draws: say how many tables, such as --draws 20.")
    if model.states is not None or not hasattr(model.estimator, "bic"):
        raise ValueError(f"{run} holds {model.held}, which is not refitted to rows drawn anew: leave --parameters out.")
    if batches:
        raise ValueError("--parameters drawn refits the model to rows in memory: use --in-memory.")


def _parts(source: Source, whole: MixedTable | None) -> Iterator[tuple[Any, Any]]:
    """Rows in the columns of the model, with the columns to be written: a table in one part, a stream in batches."""
    if whole is not None:
        yield source.rows, whole.values
        return
    for batch in source.rows:
        if len(batch):
            yield batch, as_table(batch, source.columns)


def as_table(rows: np.ndarray | pa.Table, columns: list[str]) -> pa.Table:
    """Rows of a stream as an Arrow table."""
    import numpy as np
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    return pa.table(dict(zip(columns, np.ascontiguousarray(rows.T), strict=True)))


def _write(
    estimator: MixtureEstimator | FactorEstimator,
    parts: Iterator[tuple[Any, Any]],
    columns: list[str],
    draw: int | None,
    file: BinaryIO,
    spread: BinaryIO | None,
    proper: Iterator[Any] | None = None,
) -> tuple[int, int]:
    """Append one complete table, and the deviations where wanted; returns the numbers of rows and of cells filled in."""
    import numpy as np

    rows, filled = 0, 0
    for cells, table in parts:
        gaps, header = gaps_in(cells), rows == 0 and draw in (None, 1)
        gaps &= np.isin(columns, table.column_names)  # parts of dates are no cells of the table
        values, deviations = _completions(estimator, cells, draw, spread) if proper is None else (next(proper), None)
        append_table(file, _numbered(completed(table, columns, gaps, values), draw), header)
        if spread is not None and deviations is not None:
            append_table(spread, _in_order(table, columns, deviations), header)
        rows, filled = rows + len(cells), filled + int(gaps.sum())
    return rows, filled


def _completions(
    estimator: MixtureEstimator | FactorEstimator,
    cells: np.ndarray | pa.Table,
    draw: int | None,
    spread: BinaryIO | None,
) -> tuple[Any, Any]:
    """Means or a draw of all cells, and the deviations where they are wanted."""
    if draw is not None:
        return estimator.impute(cells, draws=1)[0], None
    if spread is None:
        return estimator.impute(cells), None
    return estimator.impute(cells, return_std=True)


def gaps_in(cells: np.ndarray | pa.Table) -> np.ndarray:
    """Which cells of an array, or of an Arrow table, are missing, (n, D)."""
    import numpy as np

    if isinstance(cells, np.ndarray):
        return np.isnan(cells)
    return np.column_stack([column.is_null(nan_is_null=True).to_numpy() for column in cells.columns])


def completed(table: pa.Table, columns: list[str], gaps: np.ndarray, values: np.ndarray) -> pa.Table:
    """The table with other cells where there are gaps."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for j in np.flatnonzero(gaps.any(axis=0)):
        place, filled = table.column_names.index(columns[j]), pa.array(values[:, j])
        kind = getattr(table.schema.field(place).type, "value_type", table.schema.field(place).type)
        if pa.types.is_floating(filled.type) and not pa.types.is_floating(kind):
            kind = filled.type
        own = table.column(place).cast(kind, safe=False)
        complete = pc.if_else(pa.array(gaps[:, j]), filled.cast(kind), own)  # pyright: ignore[reportAttributeAccessIssue]
        table = table.set_column(place, columns[j], complete)
    return table


def _numbered(table: pa.Table, draw: int | None) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    if draw is None:
        return table
    if DRAW in table.column_names:
        raise ValueError(f"The table has a column {DRAW!r} of its own, the name of the numbers of draws: rename it.")
    return table.add_column(0, DRAW, pa.array(np.full(table.num_rows, draw)))


def _in_order(table: pa.Table, columns: list[str], values: np.ndarray) -> pa.Table:
    """Values of some columns, in the order in which the table has them."""
    import pyarrow as pa

    return pa.table({name: values[:, columns.index(name)] for name in table.column_names if name in columns})


def _whole(data: Files, reading: Reading) -> Any:
    """All columns of the file, with text."""
    from suffice.data import read_columns

    return read_columns(
        data, header=reading.header, drop=reading.drop, array=reading.array, delimiter=reading.delimiter,
        row_names=True, decimal=reading.decimal, missing_values=reading.missing, dates="keep",
    )  # fmt: skip
