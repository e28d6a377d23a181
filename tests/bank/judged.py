"""The bank put to the checks; ``python tests/bank/judged.py [--second] [WORD]`` prints what is not accepted, not detected, not named."""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bank.causes import CAUSES
from bank.exercise import Answer, Exercise, Wrong
from suffice import check
from suffice.check import CheckReport

ALLOWED = {
    "layout": ("right up to convention",),
    "multiplier": ("right up to convention",),
    "shape": ("wrong", "not comparable"),
    "outer": ("wrong", "not comparable"),
}
"""Verdicts of answers that are right up to a convention, or that cannot be compared; else ``"wrong"``."""


SLOWEST = 20
"""Claims that are listed by the time they took."""


class Answered(NamedTuple):
    """A claim, what is wrong with it, the report, and the processor's seconds for it."""

    exercise: Exercise
    wrong: Wrong | None
    claim: Answer
    report: CheckReport
    seconds: float

    @property
    def judged(self) -> bool:
        """Whether a right claim is accepted, a wrong one detected."""
        allowed = ("right",) if self.wrong is None else ALLOWED.get(self.wrong.cause, ("wrong",))
        return self.report.verdict in allowed

    @property
    def named(self) -> bool:
        """Whether message and first finding name the cause and what it is about."""
        assert self.wrong is not None
        said = " ".join([self.report.message, *map(str, self.report.findings[:1])])
        explained = bool(self.report.findings) or self.wrong.cause in ALLOWED
        about = not self.wrong.about or re.search(self.wrong.about, said)
        return bool(explained and about and re.search(CAUSES[self.wrong.cause], said, re.IGNORECASE))

    def __str__(self) -> str:
        claim = self.claim if isinstance(self.claim, str) else getattr(self.claim, "__name__", "function")
        cause = f" [{self.wrong.cause}; {self.wrong.about}]" if self.wrong else ""
        return f"{self.exercise.name}: {claim}{cause} -> {self.report.verdict}: {self.report.message}"


def answer(exercise: Exercise, claim: Answer, wrong: Wrong | None = None, seed: int = 0) -> Answered:
    """A claim of an exercise put to its check."""
    begin = time.process_time()
    run = getattr(check, f"check_{exercise.check}")
    report = run(exercise.problem, **exercise.options, claim=claim, seed=seed)
    return Answered(exercise, wrong, claim, report, time.process_time() - begin)


def answers(exercise: Exercise) -> Iterator[Answered]:
    """Right answers, then wrong ones."""
    for claim in exercise.right:
        yield answer(exercise, claim)
    for wrong in exercise.wrong:
        yield answer(exercise, wrong.claim, wrong)


def misjudged(found: Sequence[Answered]) -> list[str]:
    """Right claims that are not accepted, wrong ones that are not detected."""
    return [str(one) for one in found if not one.judged]


def unnamed(found: Sequence[Answered]) -> list[str]:
    """Wrong claims whose cause is not named."""
    return [str(one) for one in found if one.wrong is not None and not one.named]


def main() -> None:
    """All of a bank, or exercises with a word in their name."""
    from bank import all, second

    words = [word for word in sys.argv[1:] if word != "--second"]
    word, bank = "".join(words[:1]), second if "--second" in sys.argv else all
    found = []
    for exercise in (exercise for exercise in bank.EXERCISES if word in exercise.name):
        found += answers(exercise)
        print(f"{exercise.name}: {sum(one.seconds for one in found):.0f} s so far", file=sys.stderr, flush=True)
    print("NOT JUDGED RIGHTLY", *misjudged(found), sep="\n  ")
    print("NOT NAMED", *unnamed(found), sep="\n  ")
    wrong = sum(one.wrong is not None for one in found)
    share = 1 - len(unnamed(found)) / max(wrong, 1)
    print(f"{len(found) - wrong} right and {wrong} wrong claims, {len(misjudged(found))} misjudged, {share:.1%} named")
    print("SLOWEST, seconds of the processor")
    for one in sorted(found, key=lambda one: -one.seconds)[:SLOWEST]:
        print(f"  {one.seconds:.1f} {one}")


if __name__ == "__main__":
    main()
