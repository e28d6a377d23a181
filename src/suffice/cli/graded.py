"""Exercises graded from the command line: a table in the terminal, marks as JSON and as one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from suffice.check.grading.exercises import Exercise
    from suffice.check.grading.marking import Mark, Marks
    from suffice.cli.check import Grading

SIGNS = {
    "right": ("✓", "green"),
    "right up to convention": ("✓", "green"),
    "approximate": ("≈", "yellow"),
    "wrong": ("✗", "red"),
    "inconclusive": ("?", "yellow"),
    "not comparable": ("!", "yellow"),
    "no answer": ("–", "dim"),
}
JSON, PAGE = "marks.json", "marks.html"


def grade_files(exercises: Path, answers: list[Path], grading: Grading) -> None:
    """Grade, print and write."""
    from suffice.check.confined.function import Limits
    from suffice.check.grading.exercises import read_exercises
    from suffice.check.grading.marking import grade
    from suffice.files.atomic import write_atomically
    from suffice.report.marks import write_marks

    asked = read_exercises(exercises)
    _refuse_occupied(grading)
    limits = Limits(grading.seconds, round(grading.memory * 1024**3))
    marks = grade(asked, answers, allow_code=grading.allow_code, limits=limits, watch=_watch)
    _watch("")
    _print(marks)
    write_atomically(grading.out / JSON, marks.to_json().encode())
    write_marks(grading.out / PAGE, marks)
    typer.echo(f"{grading.out / PAGE} and {grading.out / JSON} hold answers and reports.")


def _refuse_occupied(grading: Grading) -> None:
    """Refuse, before any work is done, to replace marks unasked."""
    if grading.out.exists() and not grading.out.is_dir():
        raise ValueError(f"--out {grading.out} is a file; name a folder.")
    there = [name for name in (JSON, PAGE) if (grading.out / name).exists()]
    if there and not grading.overwrite:
        raise ValueError(
            f"{grading.out / there[0]} is there already: name another folder with --out, or replace it with --overwrite."
        )


def _watch(said: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K{said[:100]}", err=True, nl=False)


def _print(marks: Marks) -> None:
    from rich.console import Console

    console = Console()
    console.print(_table(marks))
    told = ", ".join(f"{sign} {verdict}" for sign, verdict in _legend(marks))
    console.print(told, style="dim", highlight=False)
    for exercise in marks.asked.exercises:
        _print_mistakes(marks, exercise, console)


def _legend(marks: Marks) -> list[tuple[str, str]]:
    met = {mark.verdict for one in marks.people for mark in one.marks}
    return [(sign, verdict) for verdict, (sign, _) in SIGNS.items() if verdict in met]


def _table(marks: Marks) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title=escape(marks.asked.title), title_justify="left")
    table.add_column("", overflow="fold")
    table.add_column(f"of {marks.most:g}", justify="right", no_wrap=True)
    for exercise in marks.asked.exercises:
        table.add_column(escape(exercise.name), justify="center")
    for one in marks.people:
        table.add_row(escape(one.person), f"{one.points:g}", *map(_sign, one.marks))
    return table


def _sign(mark: Mark) -> str:
    sign, colour = SIGNS[mark.verdict]
    return f"[{colour}]{sign}[/{colour}]"


def _print_mistakes(marks: Marks, exercise: Exercise, console: Console) -> None:
    """What was said of wrong answers, the commonest first."""
    from rich.markup import escape
    from rich.padding import Padding

    found = marks.mistakes(exercise)
    if found:
        console.print(f"\n[bold]{escape(exercise.name)}[/bold]: {escape(exercise.title)}", highlight=False)
    for sentence, many in found:
        said = f"{many} × {escape(sentence)}" if many > 1 else escape(sentence)
        console.print(Padding(said, (0, 0, 0, 2)), highlight=False)
