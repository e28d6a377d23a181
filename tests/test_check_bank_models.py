"""Claims of the bank, factors to matrices: right ones accepted, wrong ones detected, seven in eight with their cause."""

from bank.judged import answers, misjudged, unnamed
from bank.models import EXERCISES
from bank.share import each_exercise

ANSWERED = {}


@each_exercise(EXERCISES)
def test_claims_are_judged_rightly(exercise):
    ANSWERED[id(exercise)] = found = list(answers(exercise))
    assert misjudged(found) == []


def test_seven_in_eight_wrong_claims_are_named():
    """Nine in ten are aimed at: slips in hidden Markov models and in updates of several parameters have no name yet."""
    found = [one for answered in ANSWERED.values() for one in answered]
    missed = unnamed(found)
    assert len(missed) <= 0.12 * sum(one.wrong is not None for one in found), "\n".join(missed)
