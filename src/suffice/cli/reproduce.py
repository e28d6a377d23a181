"""``suffice reproduce``: the ledger of the five documents, judged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from suffice.check.ledger.judging import Judged

COLOURS = {"right": "green", "wrong": "red", "holds": "green", "does not hold": "red", "undecided": "yellow"}


def reproduce(
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="[000|001|002|003|004]...", help="Documents; all if none is named.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Experiments at the sizes of docs/experiments.md: an hour on two cores.")
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for ledger.json, ledger.html, experiments.")
    ] = Path("reproduced"),
    again: Annotated[
        bool, typer.Option("--again", help="Run experiments whose results are kept in the folder.")
    ] = False,
) -> None:
    """Judge every claim of the five documents: a table, ledger.json and one page, ledger.html.

    The status is 1 where a verdict is not the one that the mathematics has.
    """
    from suffice.check.ledger.judging import entries
    from suffice.files.atomic import write_atomically
    from suffice.report.ledger import write_ledger

    rows = _judged(entries(documents or ()), out, full, again)
    write_atomically(
        out / "ledger.json", json.dumps([row.to_dict() for row in rows], indent=1, ensure_ascii=False).encode()
    )
    write_ledger(out / "ledger.html", rows)
    _print(rows, out)
    if any(row.as_expected is False for row in rows):
        raise typer.Exit(1)


def _judged(rows: list, out: Path, full: bool, again: bool) -> list[Judged]:
    from rich.console import Console
    from rich.progress import track

    from suffice.check.ledger.judging import judged

    console = Console(stderr=True)
    found = judged(rows, out, full=full, again=again)
    watched = track(found, "judging", len(rows), console=console, disable=not sys.stderr.isatty(), transient=True)
    return list(watched)


def _print(rows: list[Judged], out: Path) -> None:
    from rich.console import Console

    console = Console()
    console.print(_table(rows))
    known = [row for row in rows if row.as_expected is not None]
    expected = sum(bool(row.as_expected) for row in known)
    console.print(f"{len(rows)} claims; of {len(known)} whose verdict the mathematics has, {expected} were judged so.")
    console.print(f"{out / 'ledger.html'} and {out / 'ledger.json'} hold the evidence.")


def _table(rows: list[Judged]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in ("row", "claim", "verdict", "evidence"):
        table.add_column(name, overflow="fold", no_wrap=name == "row")
    table.add_column("s", justify="right")
    for row in rows:
        said = (row.entry.name, row.entry.claim, row.outcome.evidence)
        name, claim, evidence = map(escape, said)
        table.add_row(name, claim, _verdict(row), evidence, f"{row.seconds:.1f}")
    return table


def _verdict(row: Judged) -> str:
    colour = "dim" if row.beside else COLOURS.get(row.outcome.verdict, "dim")
    unexpected = f" [bold](not {row.entry.expected})[/bold]" if row.as_expected is False else ""
    beside = f" [dim]({row.beside})[/dim]" if row.beside else ""
    return f"[{colour}]{row.outcome.verdict}[/{colour}]{unexpected}{beside}"
