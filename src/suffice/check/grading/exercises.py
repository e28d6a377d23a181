"""Exercises as a teacher writes them: a table each, with what is checked, of which problem, and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from suffice.check.grading.code import from_file
from suffice.check.grading.question import Question, question_of
from suffice.check.grading.tables import read_toml, value_of
from suffice.check.report import Verdict

ACCEPTED: tuple[Verdict, ...] = ("right", "right up to convention")
OWN = ("title", "check", "problem", "points", "accept")
OF_THE_SET = ("title", "seed")


@dataclass(frozen=True)
class Exercise:
    """One thing asked.

    Attributes
    ----------
    name
        By which answers name it.
    title
        What is asked, in words.
    question
        The check that judges it.
    points
        What a right answer is worth.
    accept
        Verdicts that count as right; of a sampler, which is never proved right, ``"inconclusive"`` too.
    """

    name: str
    title: str
    question: Question
    points: float = 1.0
    accept: tuple[str, ...] = ACCEPTED

    @property
    def asked(self) -> str:
        """The check and its problem, in words."""
        told = [str(self.question.options[key]) for key in ("wrt",) if key in self.question.options]
        told += [", ".join(self.question.options[key]) for key in ("params", "latent") if key in self.question.options]
        of = getattr(self.question.problem, "name", getattr(self.question.problem, "__name__", ""))
        return " ".join(part for part in (self.question.check, of, *told) if part)


@dataclass(frozen=True)
class ExerciseSet:
    """Exercises with their title and the seed of their random points; ``read_exercises`` reads them.

    Attributes
    ----------
    title
        Of the whole.
    exercises
        In their order.
    seed
        Of the random points.
    """

    title: str
    exercises: tuple[Exercise, ...]
    seed: int = 0


def read_exercises(path: str | Path) -> ExerciseSet:
    """Exercises of a TOML file.

    Parameters
    ----------
    path
        Of the file: ``title`` and ``seed`` if wanted, then a table for each exercise with ``check``, ``problem`` and what the
        check needs (``wrt``, ``params``, ``latent``, ...), and ``title``, ``points`` and ``accept`` if wanted. A problem of
        one's own is ``problem = "models.py:loss"`` with ``at = "models.py:draw"`` (the file is run), or ``at`` is a table of
        numbers.

    Raises
    ------
    ValueError
        Where the file cannot be read or asks for what there is not; the exercise is named.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = '[weights]\\ncheck = "gradient"\\nproblem = "gaussian-mixture"\\nwrt = "weights"\\npoints = 2'
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "set.toml").write_text(text)
    ...     found = read_exercises(Path(folder, "set.toml"))
    >>> [(exercise.name, exercise.points, exercise.asked) for exercise in found.exercises]
    [('weights', 2, 'gradient gaussian-mixture weights')]
    """
    path = Path(path)
    held = read_toml(path)
    tables = {name: value for name, value in held.items() if isinstance(value, dict)}
    loose = [name for name in held if name not in tables and name not in OF_THE_SET]
    if loose:
        raise ValueError(
            f"{path}: {loose[0]!r} stands before the exercises; only title and seed do, and exercises are tables: [weights]."
        )
    if not tables:
        raise ValueError(f"{path} holds no exercise: write a table for each, such as [weights].")
    title = value_of(held, "title", str, path.stem, str(path))
    seed = value_of(held, "seed", int, 0, str(path))
    if seed < 0:
        raise ValueError(f"{path}: seed = {seed} is below 0.")
    return ExerciseSet(title, tuple(_exercise(name, table, path) for name, table in tables.items()), seed)


def _exercise(name: str, table: dict[str, Any], path: Path) -> Exercise:
    where = f"{path}, exercise {name!r}"
    points = value_of(table, "points", (int, float), 1, where)
    if not 0 <= points < math.inf:
        raise ValueError(f"{where}: points = {points} is no number of points; give one of at least 0.")
    try:
        question = _question(table, path.parent)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    title = value_of(table, "title", str, name.replace("-", " ").replace("_", " "), where)
    return Exercise(name, title, question, points, _accepted(table, where))


def _question(table: Mapping[str, Any], folder: Path) -> Question:
    if "check" not in table:
        raise ValueError('it has no check; write one, such as check = "gradient".')
    told = {key: value for key, value in table.items() if key not in OWN}
    if isinstance(told.get("at"), str):
        told["at"] = from_file(told["at"], folder)
    if isinstance(told.get("function"), str) and ".py:" in told["function"]:
        told["function"] = from_file(told["function"], folder)
    problem = table.get("problem")
    if isinstance(problem, str) and ".py:" in problem:
        problem = from_file(problem, folder)
    if (
        problem is not None
        and not isinstance(problem, str)
        and not callable(problem)
        and not hasattr(problem, "objective")
    ):
        raise ValueError("problem is a named problem, or a name in a file such as models.py:loss.")
    return question_of(str(table["check"]), problem, told)


def _accepted(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    passed = (*ACCEPTED, "inconclusive") if table["check"] == "sampler" else ACCEPTED
    found = tuple(value_of(table, "accept", list, list(passed), where))
    unknown = [verdict for verdict in found if verdict not in get_args(Verdict)]
    if unknown:
        raise ValueError(f"{where}: accept names {unknown[0]!r}; verdicts are {', '.join(get_args(Verdict))}.")
    return found
