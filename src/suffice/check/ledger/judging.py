"""Rows of the ledger judged one after the other."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suffice.check.ledger.all import DOCUMENTS
from suffice.check.ledger.entry import Entry, Measured, Outcome
from suffice.check.ledger.experiments import Run, outcome, run


@dataclass(frozen=True)
class Judged:
    """A row with what judging it gave, and the seconds that took; those of an experiment are its run's."""

    entry: Entry
    outcome: Outcome
    seconds: float

    @property
    def as_expected(self) -> bool | None:
        """Whether the verdict is the one that the mathematics has; None where only an experiment can tell."""
        return self.outcome.verdict == self.entry.expected if self.entry.expected else None

    @property
    def beside(self) -> str:
        """What stands beside the verdict of a quick run, which is too small to go by: that of five seeds."""
        way = self.entry.way
        if not isinstance(way, Measured) or self.outcome.size != "quick":
            return ""
        return f"quick size; five seeds: {re.split('[:,]', way.kept)[0]}"

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        entry, way = self.entry, self.entry.way
        return {
            "document": entry.document,
            "part": entry.part,
            "claim": entry.claim,
            "reading": entry.reading,
            "method": way.method,
            "formula": entry.formula,
            "verdict": self.outcome.verdict,
            "expected": entry.expected,
            "as_expected": self.as_expected,
            "evidence": self.outcome.evidence,
            "remark": entry.remark,
            "size": self.outcome.size,
            "kept": way.kept if isinstance(way, Measured) else "",
            "pictures": list(self.outcome.pictures),
            "seconds": round(self.seconds, 3),
        }


def entries(documents: Iterable[str] = ()) -> list[Entry]:
    """Rows of some documents, or of all.

    Raises
    ------
    ValueError
        For a document that is none.
    """
    wanted = list(documents) or list(DOCUMENTS)
    unknown = [name for name in wanted if name not in DOCUMENTS]
    if unknown:
        raise ValueError(f"There is no document {unknown[0]!r}; the documents are {', '.join(DOCUMENTS)}.")
    return [entry for name in DOCUMENTS if name in wanted for entry in DOCUMENTS[name]]


def judged(
    rows: Iterable[Entry],
    out: Path,
    *,
    full: bool = False,
    again: bool = False,
    watch: Callable[[Entry], None] | None = None,
) -> Iterator[Judged]:
    """Each row with its outcome; an experiment runs once for all its rows, and ``watch`` is told what comes next."""
    runs: dict[str, Run] = {}
    for entry in rows:
        if watch:
            watch(entry)
        if not isinstance(entry.way, Measured):
            yield _timed(entry)
            continue
        script = entry.way.script
        if script not in runs:
            runs[script] = run(script, out, full=full, again=again)
        yield Judged(entry, outcome(entry.way, runs[script]), runs[script].seconds)


def _timed(entry: Entry) -> Judged:
    assert not isinstance(entry.way, Measured)
    begin = time.perf_counter()
    found = entry.way.judge()
    return Judged(entry, found, time.perf_counter() - begin)
