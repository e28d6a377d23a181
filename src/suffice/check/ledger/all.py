"""All rows, by document."""

from __future__ import annotations

from suffice.check.ledger.documents import (
    blocks003,
    classes001,
    experiments002,
    mixture000,
    mixtures004,
    models002,
    networks000,
)
from suffice.check.ledger.entry import Entry

DOCUMENTS: dict[str, tuple[Entry, ...]] = {
    "000": (*mixture000.ENTRIES, *networks000.ENTRIES),
    "001": classes001.ENTRIES,
    "002": (*models002.ENTRIES, *experiments002.ENTRIES),
    "003": blocks003.ENTRIES,
    "004": mixtures004.ENTRIES,
}
