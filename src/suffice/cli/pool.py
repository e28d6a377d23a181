"""``suffice pool DATA``: estimates from several imputed tables, pooled by Rubin's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from suffice.cli.inputs import files_of
from suffice.cli.options import DATA, Data, Overwrite
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.run_folder import check_file
from suffice.cli.saved import print_table
from suffice.cli.source import read
from suffice.cli.tables import replacing, write_columns
from suffice.cli.telling import answer, as_json, is_quiet, say


@flat
def pool(
    data: Data,
    reading: Reading,
    estimate: Annotated[str, typer.Option(metavar="COLUMN", help="Column of the estimates.", rich_help_panel=DATA)] = "estimate",
    standard_error: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column of their standard errors.", rich_help_panel=DATA)
    ] = "standard_error",
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column that names what is estimated, where it is several things.",
                     show_default="one thing", rich_help_panel=DATA),
    ] = None,
    complete_dof: Annotated[
        float | None,
        typer.Option(min=1.0, help="Degrees of freedom that complete rows would have.", show_default="many"),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV to write.", show_default="none")] = None,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """Pool estimates from imputed tables, a line of DATA for each, by Rubin's rules."""
    import numpy as np
    from scipy.stats import t as student

    import suffice
    from suffice.report.parts import Line, Table

    check_file(out, overwrite=overwrite)
    wanted = [estimate, standard_error, *([] if by is None else [by])]
    table = read(files_of(data), _of(reading, wanted), labels=True).rows
    named = ["estimate"] * table.num_rows if by is None else list(map(str, table.column(by).to_pylist()))
    values, errors = (_numbers(table.column(name).to_pylist(), name) for name in (estimate, standard_error))
    rows: dict[str, list[Any]] = {}
    for name in dict.fromkeys(named):
        own = np.array(named) == name
        found = suffice.pool(values[own], np.square(errors[own]), complete_dof=complete_dof)
        freedom = float(found.degrees_of_freedom[0])
        reach = float(student.ppf(0.975, freedom)) * float(found.standard_error[0])
        middle = float(found.estimate[0])
        rows[name] = [middle, float(found.standard_error[0]), freedom, middle - reach, middle + reach,
                      float(found.missing_information[0]), int(own.sum())]  # fmt: skip
    header = [
        "parameter",
        "estimate",
        "standard_error",
        "degrees_of_freedom",
        "low",
        "high",
        "missing_information",
        "tables",
    ]
    if not as_json() and not is_quiet():
        lines = [Line([name, *(f"{value:.5g}" for value in own)]) for name, own in rows.items()]
        print_table(Table("", [name.replace("_", " ") for name in header], lines))
    if out is not None:
        with replacing(out) as file:
            write_columns(file, [list(rows), *map(list, zip(*rows.values(), strict=True))], header)
        say(f"{out} holds the pooled estimates")
    answer(pooled=[dict(zip(header, [name, *own], strict=True)) for name, own in rows.items()], out=out and str(out))


def _of(reading: Reading, wanted: list[str]) -> Reading:
    from dataclasses import replace

    return replace(reading, columns=wanted, drop=None)


def _numbers(cells: list[Any], name: str) -> Any:
    import numpy as np

    try:
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    except ValueError:
        raise ValueError(f"Column {name} holds text; numbers are expected, a line for each imputed table.") from None
