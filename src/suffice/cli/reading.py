"""Options on how data are read, which all commands that read data share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from suffice.cli.options import DATA
from suffice.cli.parse import marks, names, together
from suffice.cli.telling import Telling

Dates = Literal["aside", "parts"]


@dataclass(frozen=True)
class Reading(Telling):
    """How to read the data."""

    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", help="Whether the first line holds names.", show_default="detected",
                     rich_help_panel=DATA),
    ] = None  # fmt: skip
    columns: Annotated[
        Any, typer.Option(parser=names, metavar="<str>", help="Columns to use, as a,b,c.", show_default="all",
                          rich_help_panel=DATA)
    ] = None  # fmt: skip
    drop: Annotated[
        Any, typer.Option(parser=names, metavar="<str>", help="Columns to leave out, as a,b,c.", show_default="none",
                          rich_help_panel=DATA)
    ] = None  # fmt: skip
    array: Annotated[
        str | None, typer.Option(help="Array of an npz archive.", show_default="the only one", rich_help_panel=DATA)
    ] = None
    delimiter: Annotated[
        str | None, typer.Option(help="Character between columns.", show_default="detected", rich_help_panel=DATA)
    ] = None
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--in-memory", help="Read files in batches, in bounded memory.",
                     show_default="Parquet above 1 GB", rich_help_panel=DATA),
    ] = None  # fmt: skip
    decimal: Annotated[
        str | None,
        typer.Option(metavar="[.|,]", help="Decimal mark; the other one separates thousands.", show_default="detected",
                     rich_help_panel=DATA),
    ] = None  # fmt: skip
    missing: Annotated[
        list[Any] | None,
        typer.Option(parser=marks, metavar="CELL,...", show_default="empty cells, NA, ? and the like", rich_help_panel=DATA,
                     help="More cells that stand for nothing, such as -9,99, or of one column, as income=999999; "
                     "give it as often as needed."),
    ] = None  # fmt: skip
    dates: Annotated[
        Dates,
        typer.Option(help="Leave dates out of the model, or make columns such as time.hour of them.",
                     rich_help_panel=DATA),
    ] = "aside"  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "missing", together(self.missing))
