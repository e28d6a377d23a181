"""Answers put to their checks, and what they are worth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from suffice.check.claims import ClaimError
from suffice.check.confined.function import Limits, confined
from suffice.check.grading.answers import Answer, Submission, read_answers, uses_code
from suffice.check.grading.exercises import Exercise, ExerciseSet, read_exercises
from suffice.check.report import CheckReport, not_comparable


@dataclass(frozen=True)
class Mark:
    r"""One answer with its report; no report where nothing was answered.

    Attributes
    ----------
    exercise
        What was asked.
    written
        The answer as it was written.
    report
        What its check says; None where nothing was answered.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from suffice.check import grade
    >>> with TemporaryDirectory() as folder:
    ...     asked, given = Path(folder, "asked.toml"), Path(folder, "given.toml")
    ...     _ = asked.write_text('[slope]\ncheck = "gradient"\nproblem = "quadratic-form"\nwrt = "x"')
    ...     _ = given.write_text('[Charles]\nslope = "2 * A @ x + b"')
    ...     mark = grade(asked, given).people[0].marks[0]
    >>> mark.exercise.name, mark.written, mark.report.verdict
    ('slope', '2 * A @ x + b', 'wrong')
    """

    exercise: Exercise
    written: str = ""
    report: CheckReport | None = None

    @property
    def verdict(self) -> str:
        """The report's verdict, or that there is no answer."""
        return "no answer" if self.report is None else self.report.verdict

    @property
    def points(self) -> float:
        """What the answer is worth."""
        return self.exercise.points if self.verdict in self.exercise.accept else 0


@dataclass(frozen=True)
class Marked:
    r"""The marks of one person.

    Attributes
    ----------
    person
        The name.
    marks
        One for each exercise, in their order.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from suffice.check import grade
    >>> with TemporaryDirectory() as folder:
    ...     asked, given = Path(folder, "asked.toml"), Path(folder, "given.toml")
    ...     _ = asked.write_text('[slope]\ncheck = "gradient"\nproblem = "quadratic-form"\nwrt = "x"')
    ...     _ = given.write_text('[Ada]\nslope = "(A + A.T) @ x + b"')
    ...     marked = grade(asked, given).people[0]
    >>> marked.person, marked.points, len(marked.marks)
    ('Ada', 1, 1)
    """

    person: str
    marks: tuple[Mark, ...]

    @property
    def points(self) -> float:
        """The sum of what the answers are worth."""
        return sum(mark.points for mark in self.marks)


@dataclass(frozen=True)
class Marks:
    r"""The marks of everybody; ``grade`` makes them.

    Attributes
    ----------
    asked
        The exercises.
    people
        Each person with a mark for each exercise.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from suffice.check import grade
    >>> with TemporaryDirectory() as folder:
    ...     asked, given = Path(folder, "asked.toml"), Path(folder, "given.toml")
    ...     _ = asked.write_text('[slope]\ncheck = "gradient"\nproblem = "quadratic-form"\nwrt = "x"')
    ...     _ = given.write_text('[Ada]\nslope = "(A + A.T) @ x + b"\n[Charles]\nslope = "2 * A @ x + b"')
    ...     marks = grade(asked, given)
    >>> [(one.person, one.points) for one in marks.people]
    [('Ada', 1), ('Charles', 0)]
    """

    asked: ExerciseSet
    people: tuple[Marked, ...]

    @property
    def most(self) -> float:
        """The sum of all points that can be had."""
        return sum(exercise.points for exercise in self.asked.exercises)

    def mistakes(self, exercise: Exercise) -> list[tuple[str, int]]:
        """What was said of wrong answers to an exercise and to how many people, the commonest first."""
        marks = [mark for one in self.people for mark in one.marks if mark.exercise is exercise]
        said = Counter(
            mark.report.message for mark in marks if mark.report is not None and mark.verdict not in exercise.accept
        )
        return said.most_common()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        exercises = [
            {"name": one.name, "title": one.title, "asked": one.asked, "points": one.points}
            for one in self.asked.exercises
        ]
        return {
            "title": self.asked.title,
            "seed": self.asked.seed,
            "most": self.most,
            "exercises": exercises,
            "people": [_plain(one) for one in self.people],
        }

    def to_json(self) -> str:
        """All of it as JSON; the same files give the same bytes."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False)


def _plain(one: Marked) -> dict[str, Any]:
    marks = [
        {
            "exercise": mark.exercise.name,
            "answer": mark.written,
            "verdict": mark.verdict,
            "points": mark.points,
            "report": json.loads(mark.report.to_json()) if mark.report is not None else None,
        }
        for mark in one.marks
    ]
    return {"name": one.person, "points": one.points, "answers": marks}


def grade(
    exercises: str | Path | ExerciseSet,
    answers: str | Path | Sequence[str | Path],
    *,
    allow_code: bool = False,
    limits: Limits | None = None,
    watch: Callable[[str], None] = lambda said: None,
) -> Marks:
    """Answers of one or many people checked.

    Parameters
    ----------
    exercises
        A TOML file, see ``suffice.check.grading.exercises.read_exercises``.
    answers
        A TOML file with a table for each person, or several files of one person each, or of Python.
    allow_code
        Whether functions in files may be run, in a process of their own with limits of time and memory, which is no protection
        against those who mean harm; without it such answers are refused.
    limits
        Of a function: ``Limits(seconds, memory)``, 10 s for all of its calls and 4 GiB where nothing is said.
    watch
        Is told of each answer before it is checked.

    Returns
    -------
    Marks
        A report for each answer, and points.

    Raises
    ------
    ValueError
        Where a file cannot be read, asks or answers what there is not, or holds code that is not allowed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     asked, given = Path(folder, "asked.toml"), Path(folder, "given.toml")
    ...     _ = asked.write_text('[slope]\\ncheck = "gradient"\\nproblem = "quadratic-form"\\nwrt = "x"')
    ...     _ = given.write_text('[Ada]\\nslope = "(A + A.T) @ x + b"\\n[Charles]\\nslope = "2 * A @ x + b"')
    ...     marks = grade(asked, given)
    >>> [(one.person, one.points) for one in marks.people]
    [('Ada', 1), ('Charles', 0)]
    """
    asked = exercises if isinstance(exercises, ExerciseSet) else read_exercises(exercises)
    files = [answers] if isinstance(answers, str | Path) else list(answers)
    submissions = [one for file in files for one in read_answers(file, asked)]
    _refuse(submissions, allow_code)
    checked = _Checked(asked, limits or Limits())
    people = []
    for one in submissions:
        marks = []
        for exercise in asked.exercises:
            watch(f"{one.person}: {exercise.name}")
            marks.append(checked.mark(exercise, one.answers.get(exercise.name)))
        people.append(Marked(one.person, tuple(marks)))
    return Marks(asked, tuple(people))


def _refuse(submissions: list[Submission], allow_code: bool) -> None:
    if not submissions:
        raise ValueError("There are no answers: name a file of them after the exercises.")
    twice = [name for name, many in Counter(one.person for one in submissions).items() if many > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} answers in two files; give each person one.")
    if uses_code(submissions) and not allow_code:
        raise ValueError(
            "Some answers are functions in files, which would be run: allow that with --allow-code (allow_code=True) if you "
            "trust their authors."
        )


class _Checked:
    """Reports on answers; the same formula is checked once."""

    def __init__(self, asked: ExerciseSet, limits: Limits):
        self.seed, self.limits = asked.seed, limits
        self.kept: dict[Any, CheckReport] = {}

    def mark(self, exercise: Exercise, answer: Answer | None) -> Mark:
        """The mark of an answer."""
        if answer is None:
            return Mark(exercise)
        claim = "" if isinstance(answer.claim, np.ndarray) else repr(answer.claim)  # arrays are written in full
        key = (exercise.name, answer.written, claim, answer.refusal) if answer.file is None else None
        if key is None or key not in self.kept:
            report = self._report(exercise, answer)
            if key is None:
                return Mark(exercise, answer.written, report)
            self.kept[key] = report
        return Mark(exercise, answer.written, self.kept[key])

    def _report(self, exercise: Exercise, answer: Answer) -> CheckReport:
        if answer.refusal:
            return not_comparable(answer.refusal, seed=self.seed)
        try:
            if answer.file is None:
                return exercise.question.report(answer.claim, self.seed)
            with confined(answer.file, answer.function, self.limits) as claim:
                return exercise.question.report(claim, self.seed)
        except ClaimError as error:
            return not_comparable(str(error), seed=self.seed)
        except Exception as error:
            return _failed(error, self.seed)


def _failed(error: Exception, seed: int) -> CheckReport:
    """One answer that a check cannot deal with must not cost the marks of the others."""
    said = f"Nothing can be said: the check itself stopped with {type(error).__name__}; look at this answer by eye."
    return replace(not_comparable(said, seed=seed), verdict="inconclusive")
