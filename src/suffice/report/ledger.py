"""The ledger of claims as one HTML page."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suffice.files import write_atomically

if TYPE_CHECKING:
    from suffice.check.ledger.judging import Judged

TITLES = {
    "000": "Mixtures of Bernoullis, backward passes, shapes, a residual network",
    "001": "Counts of AlexNet, Gaussian classes",
    "002": "Convolution, Bayesian networks, Boltzmann machines, Ising fields",
    "003": "Sorting, a residual block, probabilistic PCA",
    "004": "Mixtures of Gaussians, softmax",
}
MARKS = {"right": "good", "holds": "good", "wrong": "bad", "does not hold": "bad"}
SIDE, MOST_DOTS = 60, 8


def write_ledger(path: str | os.PathLike[str], rows: Sequence[Judged]) -> Path:
    """Write claims, verdicts, evidence, figures and seconds as one self-contained page.

    Parameters
    ----------
    path
        The file to write.
    rows
        What ``suffice.check.ledger.judging.judged`` gave.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suffice.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pictures = _pictures(rows)
    parts = [_document(name, [row for row in rows if row.entry.document == name], pictures) for name in TITLES]
    text = environment.get_template("ledger.html.j2").render(
        parts=[part for part in parts if part["lines"]], pictures=list(pictures.values()), summary=_summary(rows)
    )
    write_atomically(Path(path), text.encode())
    return Path(path)


def _pictures(rows: Sequence[Judged]) -> dict[str, dict[str, str]]:
    """Each picture once, with a name and its bytes."""
    paths = list(dict.fromkeys(path for row in rows for path in row.outcome.pictures))
    found = {}
    for number, path in enumerate(paths, 1):
        data = base64.b64encode(Path(path).read_bytes()).decode()
        name = f"{Path(path).parent.name}: {Path(path).stem.replace('_', ' ')}"
        found[path] = {"id": f"picture-{number}", "name": name, "data": data}
    return found


def _document(name: str, rows: Sequence[Judged], pictures: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {"name": name, "title": TITLES[name], "lines": [_line(row, pictures) for row in rows]}


def _line(row: Judged, pictures: dict[str, dict[str, str]]) -> dict[str, Any]:
    entry = row.entry
    return {
        "part": entry.part,
        "claim": entry.claim,
        "reading": entry.reading,
        "remark": entry.remark,
        "formula": entry.formula,
        "method": entry.way.method,
        "verdict": row.outcome.verdict,
        "mark": "open" if row.beside else MARKS.get(row.outcome.verdict, "open"),
        "beside": row.beside,
        "unexpected": entry.expected if row.as_expected is False else "",
        "evidence": row.outcome.evidence,
        "dots": _dots(row.outcome.pairs),
        "shots": [pictures[path]["id"] for path in row.outcome.pictures],
        "seconds": f"{row.seconds:.1f}",
    }


def _dots(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places of (right, claimed) in a square whose diagonal is agreement; empty where there is nothing finite to show."""
    finite = [(float(right), float(claimed)) for claimed, right in pairs if abs(claimed) < 1e300 and abs(right) < 1e300]
    if not finite:
        return []
    numbers = [number for pair in finite for number in pair]
    middle, reach = (min(numbers) + max(numbers)) / 2, (max(numbers) - min(numbers)) / 2
    scale = (SIDE / 2 - 7) / max(reach, 1e-6 * max(abs(middle), 1e-300))
    return [
        (SIDE / 2 + (right - middle) * scale, SIDE / 2 - (claimed - middle) * scale)
        for right, claimed in finite[:MOST_DOTS]
    ]


def _summary(rows: Sequence[Judged]) -> str:
    known = [row for row in rows if row.as_expected is not None]
    expected = sum(bool(row.as_expected) for row in known)
    measured = len(rows) - len(known)
    return (
        f"{len(rows)} claims. Of {len(known)} the mathematics has a verdict, and {expected} were judged so; "
        f"{measured} are claims about experiments, which only a run can judge."
    )
