"""The ledger's rows: each claim of the documents once, each verdict that the mathematics has."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from bank.ledger_forms import CAUSES, RIGHT

from suffice import check
from suffice.check.ledger.all import DOCUMENTS
from suffice.check.ledger.entry import Built, Formula, Lost, Measured

ROWS = [row for rows in DOCUMENTS.values() for row in rows]
FORMULAS = [row for row in ROWS if isinstance(row.way, Formula)]
REPORTS = {}
NOT_PRINTED = re.compile("not claimed|what the printed|what the notation")
"""Readings of rows that no document prints: what follows from a mistake."""
PAGE = Path(__file__).resolve().parents[1] / "docs" / "experiments.md"


def named(rows):
    return {"argvalues": rows, "ids": [f"{row.name} {row.claim[:30]}" for row in rows]}


def of(table, row):
    """What a table has for a row: the entry with the longest beginning of its claim."""
    fitting = [key for key in table if key[0] == row.name and row.claim.startswith(key[1])]
    return table[max(fitting, key=lambda key: len(key[1]))]


def test_every_part_of_the_documents_is_there():
    parts = {name: " ".join(sorted({row.part for row in rows})) for name, rows in DOCUMENTS.items()}
    wanted = {
        "000": "1a.i 1a.ii 1a.iii 1b.i 1b.ii 1b.iii 1b.iv 1b.v 1c.i 1c.ii 2a 2b 2c 2d 2e 2f 2g 2h 3a 3b 3c 3d",
        "001": "1a 1b.i 1b.ii 2a 2b 2c 2d",
        "002": "P1 P2 P3 P4 P5a P5b P5c P5d P5e P5f P5g",
        "003": "1 2a 2b 3a 3b",
        "004": "1(1) 1(2)① 1(2)② 2(a) 2(b) 2(c)",
    }
    assert {name for name, said in wanted.items() if set(said.split()) - set(parts[name].split())} == set()


def test_rows_say_what_they_expect():
    assert len({(row.name, row.claim) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        allowed = {
            Formula: ("right", "wrong", "right up to convention"),
            Built: ("right", "wrong"),
            Lost: ("not judged",),
            Measured: ("",),
        }
        assert row.expected in allowed[type(row.way)]
        assert row.expected != "wrong" or row.remark or row.reading


def test_verdicts_kept_are_those_of_the_page_of_experiments():
    page = PAGE.read_text()
    for row in ROWS:
        if isinstance(row.way, Measured):
            assert re.match("holds|does not hold|undecided" if row.way.says else "a matter of looking", row.way.kept)
            assert all(number in page for number in re.findall(r"\d[\d.]*\d", row.way.kept))


@pytest.mark.parametrize("row", **named([row for row in ROWS if isinstance(row.way, Built)]))
def test_what_is_built_is_so(row):
    assert row.way.judge().verdict == row.expected


@pytest.mark.parametrize("row", **named(FORMULAS))
def test_formulas_are_judged_as_the_mathematics_has_it(row):
    REPORTS[row.name, row.claim] = report = row.way.report()
    assert report.verdict == row.expected, report.message
    if row.expected == "right":
        assert replace(row.way, claim=of(RIGHT, row)).judge().verdict == "right"


def test_nine_in_ten_wrong_formulas_are_named():
    wrong = [row for row in FORMULAS if row.expected == "wrong" and not NOT_PRINTED.match(row.reading)]
    unnamed = []
    for row in wrong:
        key = row.name, row.claim
        report = REPORTS[key] if key in REPORTS else row.way.report()
        said = " ".join([report.message, *map(str, report.findings[:1])])
        if not report.findings or not re.search(of(CAUSES, row), said):
            unnamed.append(f"{row.name} {row.claim[:50]}: {report.message}")
    assert len(unnamed) <= 0.1 * len(wrong), "\n".join(unnamed)


def test_checks_are_public():
    assert all(hasattr(check, f"check_{row.way.check}") for row in FORMULAS)
