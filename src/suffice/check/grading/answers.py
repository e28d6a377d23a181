"""Answers as people write them: formulas by the names of exercises, of one person or of many; or functions in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suffice.check.confined.function import bound_names
from suffice.check.grading.exercises import ExerciseSet
from suffice.check.grading.tables import read_toml

TABLES = (".csv", ".md", ".txt")
MOST_TABLE_BYTES = 1_000_000


@dataclass(frozen=True)
class Answer:
    """What a person wrote of one exercise; ``refusal`` says why it cannot be read at all, where it cannot.

    ``file`` and ``function`` are where a function is, of which nothing is run here.
    """

    written: str
    claim: Any = None
    file: Path | None = None
    function: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Submission:
    """Answers of one person by the names of exercises."""

    person: str
    answers: Mapping[str, Answer]


def read_answers(path: str | Path, asked: ExerciseSet) -> list[Submission]:
    """Answers of one person, or of many, in a file.

    Parameters
    ----------
    path
        Of a TOML file: a table for each person, ``[Ada]``, with a formula for each exercise, ``weights = "sum(r, axis=0)"``; or
        such lines alone, and the person is called as the file is. A list gives several parameters, the lines of a derivation or
        numbers; ``"ada.py:weights"`` is a function in a file beside it, ``"ada.csv"`` a table. A file of Python holds the
        functions of one person, by the names of exercises (``-`` written as ``_``).
    asked
        What the answers are to.

    Raises
    ------
    ValueError
        Where the file cannot be read or answers what was not asked.
    """
    path = Path(path)
    if path.suffix == ".py":
        return [_functions(path, asked)]
    held = read_toml(path)
    people = {name: table for name, table in held.items() if isinstance(table, dict)}
    single = {name: value for name, value in held.items() if name not in people}
    if people and single:
        raise ValueError(
            f"{path}: {next(iter(single))!r} stands before the people; put it into the table of a person, such as [Ada]."
        )
    found = people or {path.stem: single}
    return [Submission(person, _answers(person, table, asked, path)) for person, table in found.items()]


def _answers(person: str, table: Mapping[str, Any], asked: ExerciseSet, path: Path) -> dict[str, Answer]:
    names = [exercise.name for exercise in asked.exercises]
    unknown = [name for name in table if name not in names]
    if unknown:
        raise ValueError(
            f"{path}: {person!r} answers {unknown[0]!r}, which is not asked; the exercises are {', '.join(names)}."
        )
    checks = {exercise.name: exercise.question.check for exercise in asked.exercises}
    return {name: _answer(name, table[name], checks[name], path.parent) for name in table if not _is_empty(table[name])}


def _is_empty(value: Any) -> bool:
    return value == [] or (isinstance(value, str) and not value.strip())


def _answer(name: str, value: Any, check: str, folder: Path) -> Answer:
    if isinstance(value, str):
        return _text(name, value.strip(), check, folder)
    written = str(value) if not isinstance(value, list) else "\n".join(map(str, value))
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return Answer(written, list(value) if check in ("derivation", "factorised") else tuple(value))
    if _is_numbers(value):
        return Answer(str(value), np.array(value, float))
    return Answer(written[:300], refusal="The answer is no formula, no list of formulas and no numbers.")


def _is_numbers(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and np.array(value, float).size > 0
    except (ValueError, TypeError, OverflowError):
        return False


def _text(name: str, text: str, check: str, folder: Path) -> Answer:
    file, _, function = text.partition(":")
    if file.endswith(".py") and "\n" not in text:
        path, refusal = _beside(folder, file)
        return Answer(text, file=path, function=function or plain(name), refusal=refusal)
    if check == "table" and text.endswith(TABLES) and "\n" not in text:
        path, refusal = _beside(folder, text)
        return Answer(text, refusal=refusal) if refusal else _table(text, path)
    if check == "derivation":
        return Answer(text, [line for line in text.splitlines() if line.strip()])
    return Answer(text, text)


def _beside(folder: Path, named: str) -> tuple[Path, str]:
    """A file in the folder of the answers, and why it cannot be used."""
    path = folder / named
    if not path.resolve().is_relative_to(folder.resolve()):
        return path, f"The file {named} lies outside the folder of the answers."
    return path, "" if path.is_file() else f"There is no file {named} beside the answers."


def _table(text: str, path: Path) -> Answer:
    try:
        if path.stat().st_size > MOST_TABLE_BYTES:
            return Answer(text, refusal=f"The file {text} is too large for a table of counts.")
        return Answer(text, path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return Answer(text, refusal=f"The file {text} cannot be read as text.")


def _functions(path: Path, asked: ExerciseSet) -> Submission:
    """A file of functions; those that it does not have are not answered."""
    import ast

    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    try:
        tree = ast.parse(path.read_bytes())
        own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | bound_names(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        own = {plain(exercise.name) for exercise in asked.exercises}
    wanted = {exercise.name: plain(exercise.name) for exercise in asked.exercises}
    return Submission(
        path.stem,
        {
            name: Answer(f"{path.name}:{function}", file=path, function=function)
            for name, function in wanted.items()
            if function in own
        },
    )


def plain(name: str) -> str:
    """An exercise's name as a function is called."""
    return name.replace("-", "_").replace(" ", "_")


def uses_code(submissions: Sequence[Submission]) -> bool:
    """Whether some answers are functions in files."""
    return any(answer.file is not None for one in submissions for answer in one.answers.values())
