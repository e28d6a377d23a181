"""A row of the ledger: a claim as printed, the reading taken, how it is judged, and the verdict expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What judging a row gave.

    ``verdict`` is one of a ``CheckReport``, or ``"holds"``, ``"does not hold"``, ``"undecided"`` of an experiment,
    ``"not judged"`` where nothing is left to judge, ``"not run"`` where it could not be.
    ``pairs`` are elements claimed and right; ``pictures`` are files; ``size`` is an experiment's, ``"quick"`` or ``"full"``.
    """

    verdict: str
    evidence: str
    pairs: tuple[tuple[float, float], ...] = ()
    pictures: tuple[str, ...] = ()
    size: str = ""


@dataclass(frozen=True)
class Formula:
    """A claim that a public check judges: ``check_<check>(model, claim=claim, **options)``."""

    check: str
    model: Any
    claim: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    def report(self) -> Any:
        """The report of the check."""
        from suffice import check

        return getattr(check, f"check_{self.check}")(self.model, claim=self.claim, **self.options)

    def judge(self) -> Outcome:
        """The report's verdict and sentence."""
        report = self.report()
        pairs = tuple((float(element.claimed), float(element.right)) for element in report.worst)
        return Outcome(report.verdict, report.message, pairs)

    @property
    def method(self) -> str:
        """How it is judged, in words."""
        return f"check_{self.check}"


@dataclass(frozen=True)
class Built:
    """A claim that is judged by building what it speaks of."""

    build: Callable[[], tuple[bool, str]]

    def judge(self) -> Outcome:
        """Right if what was built is so, with the numbers met."""
        so, evidence = self.build()
        return Outcome("right" if so else "wrong", evidence)

    @property
    def method(self) -> str:
        """How it is judged, in words."""
        return "built and run"


@dataclass(frozen=True)
class Measured:
    """A claim that an experiment judges.

    ``script`` is its name in ``experiments/``, ``says`` a pattern that begins the script's own claim, ``kept`` the verdict
    of five seeds at the full size, as docs/experiments.md has it. Where ``says`` is empty, the pictures are to be looked at.
    """

    script: str
    says: str
    kept: str
    pictures: tuple[str, ...] = ()

    @property
    def method(self) -> str:
        """How it is judged, in words."""
        return f"experiments/{self.script}.py"


@dataclass(frozen=True)
class Lost:
    """A part of which nothing is left that could be judged."""

    reason: str

    def judge(self) -> Outcome:
        """Not judged, and why."""
        return Outcome("not judged", self.reason)

    @property
    def method(self) -> str:
        """How it is judged, in words."""
        return "—"


@dataclass(frozen=True)
class Entry:
    """A row: ``claim`` is as printed, ``reading`` what was taken for it where it is damaged or incomplete.

    ``expected`` is the verdict that the mathematics has; empty where only an experiment can tell. ``remark`` says what is right
    instead.
    """

    document: str
    part: str
    claim: str
    way: Formula | Built | Measured | Lost
    expected: str = ""
    reading: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        """Document and part."""
        return f"{self.document}-{self.part}"

    @property
    def formula(self) -> str:
        """The claim as the check reads it, where that is a string."""
        claim = self.way.claim if isinstance(self.way, Formula) else ""
        return claim if isinstance(claim, str) else ""


def formula(check: str, model: Any, claim: Any, **options: Any) -> Formula:
    """A claim for a public check."""
    return Formula(check, model, claim, options)


def number(shape: tuple[int, ...] = (), low: float = 0.4, high: float = 1.9) -> Callable[[np.random.Generator], Any]:
    """Draws an array between two numbers."""
    return lambda generator: generator.uniform(low, high, shape)


def drawn(**variables: Callable[[np.random.Generator], Any]) -> Callable[[np.random.Generator], dict[str, Any]]:
    """A function that draws a point, variable by variable."""
    return lambda generator: {name: draw(generator) for name, draw in variables.items()}
