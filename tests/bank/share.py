"""What of the bank the usual suite runs, and the rest, which ``make test-whole`` adds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bank.exercise import Exercise, Wrong


def usual(exercises: Sequence[Exercise]) -> list[Exercise]:
    """The last exercise of each problem and check, with all right claims, and of each check and cause the first wrong one."""
    last = {(exercise.problem, exercise.check): exercise for exercise in exercises}
    first: dict[tuple[str, str], Wrong] = {}
    for exercise in last.values():
        for one in exercise.wrong:
            first.setdefault((exercise.check, one.cause), one)
    return [replace(exercise, wrong=tuple(one for one in exercise.wrong if one is first[exercise.check, one.cause]))
            for exercise in last.values()]  # fmt: skip


def rest(exercises: Sequence[Exercise]) -> Iterator[Exercise]:
    """Every exercise with the claims that are not usual ones."""
    kept = {exercise.name: exercise for exercise in usual(exercises)}
    for exercise in exercises:
        known = kept.get(exercise.name, replace(exercise, right=(), wrong=()))
        yield replace(
            exercise,
            right=tuple(claim for claim in exercise.right if claim not in known.right),
            wrong=tuple(wrong for wrong in exercise.wrong if wrong not in known.wrong),
        )


def each_exercise(exercises: Sequence[Exercise]) -> pytest.MarkDecorator:
    """A test of the usual claims of each exercise, and of the rest with a mark."""
    unusual = [one for one in rest(exercises) if one.right or one.wrong]
    return pytest.mark.parametrize(
        "exercise",
        [
            *(pytest.param(one, id=one.name) for one in usual(exercises)),
            *(pytest.param(one, id=f"{one.name}, rest", marks=pytest.mark.whole) for one in unusual),
        ],
    )
