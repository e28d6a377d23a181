"""Candidates and the outcome of a selection in words."""

from __future__ import annotations

import numpy as np

from suffice.selection.criteria import ranked, sound_rows

Table = dict[str, np.ndarray]
MOST_NOTES = 2
"""Candidates whose notes the outcome repeats."""
INTERRUPTED = "Not fitted: the search was interrupted."


def sentence(table: Table, criterion: str, best: int) -> str:
    """The best, how far off the next is, and what to know of the search."""
    said = [_comparison(table, criterion, best), _edge(table, best), _left_out(table, best)]
    return " ".join(part for part in said if part)


def setting(table: Table, row: int) -> str:
    """What tells a row's candidate apart beside its number of components."""
    searched = list(table)[: list(table).index("log_likelihood")]
    apart = [name for name in searched if name != "n_components" and len(set(table[name].tolist())) > 1]
    return ", ".join(
        str(table[name][row]) if table[name].dtype.kind == "U" else f"{name}={table[name][row]:g}" for name in apart
    )


def candidate(table: Table, row: int) -> str:
    """A row's candidate: its number of components and setting."""
    count = table["n_components"][row]
    rest = setting(table, row)
    return f"{count} component{'' if count == 1 else 's'}" + (f", {rest}" if rest else "")


def _comparison(table: Table, criterion: str, best: int) -> str:
    held_out = criterion == "held_out"
    extreme, way = (
        ("highest held-out log-likelihood", "lower") if held_out else (f"lowest {criterion.upper()}", "higher")
    )
    values, sound = table[criterion], sound_rows(table)
    if not sound[best]:
        extreme += " where all have degenerate components, whose likelihood says nothing"
    elif not sound[np.isfinite(values)].all():
        extreme += " of those without degenerate components"
    figure = f"{values[best]:.4f} nats per row" if held_out else f"{values[best]:,.1f}"
    lead = f"{candidate(table, best)}: {extreme}, {figure}"
    others = [row for row in ranked(table, criterion) if row != best]
    if not others:
        return f"{lead}."
    gap = abs(values[others[0]] - values[best])
    lead += f"; next {candidate(table, others[0])}, {gap:{'.4f' if held_out else ',.1f'}} {way}"
    return f"{lead}{_doubt(gap, table['standard_error'][others[0]])}" if held_out else f"{lead}."


def _doubt(gap: float, error: float) -> str:
    said = f" (standard error of the difference {error:.4f})"
    return f"{said}: the two cannot be told apart." if gap <= error else f"{said}."


def _edge(table: Table, best: int) -> str:
    counts = table["n_components"]
    if counts.min() == counts.max() or counts[best] < counts.max():
        return ""
    return "It has the most components tried: try more."


def _left_out(table: Table, best: int) -> str:
    failed, fitted = np.isnan(table["bic"]), ~np.isnan(table["bic"])
    interrupted = np.char.find(table["note"], INTERRUPTED) >= 0
    sound = sound_rows(table)
    passed_over = fitted & ~sound
    said = []
    if interrupted.any():
        said.append(f"Interrupted after {int((~interrupted).sum())} of {len(interrupted)} candidates.")
    if (failed & ~interrupted).any():
        said.append(f"{_candidates(failed & ~interrupted)} could not be fitted; the table says why.")
    if passed_over.any() and not passed_over[fitted].all():
        lead = f"{_candidates(passed_over)} with degenerate components {_were(passed_over)} passed over"
        said.append(f"{lead}.{_notes(table, passed_over)}")
    told = sound & (table["note"] != "")
    if told.any():
        own = f" {candidate(table, best)}: {table['note'][best]}" if told[best] else ""
        rest = " The table has the notes." if told.sum() > told[best] else ""
        said.append(f"{_candidates(told)} had other starts that were set aside or failed.{own}{rest}")
    return " ".join(said)


def _notes(table: Table, which: np.ndarray) -> str:
    """The first of these candidates, each with its note."""
    rows = np.flatnonzero(which)
    said = "".join(f" {candidate(table, row)}: {table['note'][row]}" for row in rows[:MOST_NOTES])
    return f"{said} The table has the other notes." if len(rows) > MOST_NOTES else said


def _candidates(which: np.ndarray) -> str:
    return f"{int(which.sum())} candidate{'' if which.sum() == 1 else 's'}"


def _were(which: np.ndarray) -> str:
    return "was" if which.sum() == 1 else "were"
