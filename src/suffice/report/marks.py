"""Marks of exercises as one HTML page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.files import write_atomically

if TYPE_CHECKING:
    from suffice.check.grading.exercises import Exercise
    from suffice.check.grading.marking import Mark, Marked, Marks

SIGNS = {
    "right": ("✓", "good"),
    "right up to convention": ("✓", "good"),
    "approximate": ("≈", "care"),
    "wrong": ("✗", "bad"),
    "inconclusive": ("?", "care"),
    "not comparable": ("!", "care"),
    "no answer": ("–", "none"),
}


def write_marks(path: str | os.PathLike[str], marks: Marks) -> Path:
    """Write who has what right, the mistakes of each exercise, and every answer with its report, as one self-contained page.

    Parameters
    ----------
    path
        The file to write; it is replaced only when the new page is complete.
    marks
        What ``suffice.check.grade`` gave.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suffice.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template("marks.html.j2").render(
        title=marks.asked.title,
        summary=_summary(marks),
        exercises=[_exercise(marks, number, exercise) for number, exercise in enumerate(marks.asked.exercises, 1)],
        people=[_person(number, one) for number, one in enumerate(marks.people, 1)],
        most=f"{marks.most:g}",
        legend=_legend(marks),
    )
    write_atomically(Path(path), text.encode())
    return Path(path)


def _summary(marks: Marks) -> str:
    people, exercises = len(marks.people), len(marks.asked.exercises)
    mean = sum(one.points for one in marks.people) / people
    told = [
        "1 person" if people == 1 else f"{people} people",
        "1 exercise" if exercises == 1 else f"{exercises} exercises",
        f"{mean:.3g} of {marks.most:g} points" if people == 1 else f"{mean:.3g} of {marks.most:g} points on average",
    ]
    return f"{told[0]}, {told[1]}; {told[2]}."


def _exercise(marks: Marks, number: int, exercise: Exercise) -> dict[str, Any]:
    held = [mark for one in marks.people for mark in one.marks if mark.exercise is exercise]
    return {
        "id": f"exercise-{number}",
        "name": exercise.name,
        "title": exercise.title,
        "asked": exercise.asked,
        "points": f"{exercise.points:g}",
        "right": sum(mark.verdict in exercise.accept for mark in held),
        "answered": sum(mark.report is not None for mark in held),
        "mistakes": marks.mistakes(exercise),
    }


def _person(number: int, one: Marked) -> dict[str, Any]:
    return {
        "id": f"person-{number}",
        "name": one.person,
        "points": f"{one.points:g}",
        "marks": [_mark(mark) for mark in one.marks],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    sign, kind = SIGNS[mark.verdict]
    report = mark.report
    return {
        "exercise": mark.exercise.name,
        "sign": sign,
        "kind": kind,
        "verdict": mark.verdict,
        "points": f"{mark.points:g} of {mark.exercise.points:g}",
        "written": mark.written,
        "message": report.message if report is not None else "",
        "others": [str(finding) for finding in report.findings[1:]] if report is not None else [],
        "table": report.table(5) if report is not None and report.worst and not report else "",
    }


def _legend(marks: Marks) -> list[tuple[str, str, str]]:
    met = {mark.verdict for one in marks.people for mark in one.marks}
    return [(sign, kind, verdict) for verdict, (sign, kind) in SIGNS.items() if verdict in met]
