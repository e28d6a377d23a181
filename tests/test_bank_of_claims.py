"""The bank of claims: its right claims are right, its wrong ones are wrong, by differences and not by the checks."""

import pytest
from bank.all import EXERCISES
from bank.causes import CAUSES
from bank.reference import derivative, points, same, slopes, value
from bank.share import rest, usual

from suffice.check import problems

JUDGED = [exercise for exercise in EXERCISES if exercise.check != "bound"]
UPDATES = [exercise for exercise in EXERCISES if exercise.check in ("m_step", "mle", "map")]


def named(exercises):
    return {"argvalues": exercises, "ids": [exercise.name for exercise in exercises]}


def test_it_is_large():
    assert sum(len(exercise.wrong) for exercise in EXERCISES) >= 250
    assert sum(len(exercise.right) for exercise in EXERCISES) >= 150
    assert {exercise.problem for exercise in EXERCISES} == set(problems.names())
    assert all(wrong.cause in CAUSES for exercise in EXERCISES for wrong in exercise.wrong)


def test_the_usual_share_has_every_problem_and_cause_and_the_rest_is_the_rest():
    share, others = usual(EXERCISES), list(rest(EXERCISES))
    assert sum(len(exercise.wrong) for exercise in share) >= 80
    assert sum(len(exercise.right) for exercise in share) >= 150
    assert {exercise.problem for exercise in share} == set(problems.names())
    assert {wrong.cause for exercise in share for wrong in exercise.wrong} == {
        wrong.cause for exercise in EXERCISES for wrong in exercise.wrong
    }
    assert claims_of([*share, *others]) == claims_of(EXERCISES)


def claims_of(exercises):
    """Every claim with its exercise, in an order of their own."""
    right = [(exercise.name, str(claim)) for exercise in exercises for claim in exercise.right]
    return sorted(right + [(exercise.name, str(wrong)) for exercise in exercises for wrong in exercise.wrong])


@pytest.mark.parametrize("exercise", **named(JUDGED))
def test_right_is_right_and_wrong_is_wrong(exercise):
    differs = dict.fromkeys(exercise.wrong, False)
    for point in points(exercise):
        truth = derivative(exercise, point)
        truth = value(exercise.right[0], point) if truth is None else truth
        assert all(same(value(claim, point), truth, 1e-5) for claim in exercise.right)
        assert all(same(value(claim, point), value(exercise.right[0], point)) for claim in exercise.right)
        for wrong in exercise.wrong:
            differs[wrong] |= not same(value(wrong.claim, point), truth, 1e-3)
    assert all(differs.values())


@pytest.mark.parametrize("exercise", **named(UPDATES))
def test_right_updates_are_stationary(exercise):
    assert max(max(slopes(exercise, point)) for point in points(exercise)) < 1e-4
