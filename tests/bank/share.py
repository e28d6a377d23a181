"""What of the bank the usual suite runs, and the rest, which ``make test-whole`` adds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from bank.exercise import Exercise, Wrong


def usual(exercises: Sequence[Exercise]) -> list[Exercise]:
    """The last exercise of each problem and check, with all right claims, and of each cause the first wrong one."""
    last = {(exercise.problem, exercise.check): exercise for exercise in exercises}
    return [replace(exercise, wrong=_one_of_each_cause(exercise.wrong)) for exercise in last.values()]


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


def _one_of_each_cause(wrong: Sequence[Wrong]) -> tuple[Wrong, ...]:
    first = {one.cause: one for one in reversed(wrong)}
    return tuple(one for one in wrong if one in first.values())


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
