"""What a check reports: a verdict, one sentence, findings, evidence."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

Verdict = Literal["right", "wrong", "right up to convention", "approximate", "inconclusive", "not comparable"]
MOST_FINDINGS = 3


@dataclass(frozen=True)
class Finding:
    """One explanation of a difference.

    Attributes
    ----------
    kind
        Sort of mistake, such as ``"factor"`` or ``"missing term"``.
    what
        What is wrong, in a sentence.
    where
        The place, in the claim's notation; empty where it is the whole answer.
    fix
        What to change.
    evidence
        At how many points it holds, and to which error.
    factor
        The number that the answer, or a part of it, is too large by, where there is one.

    Examples
    --------
    >>> from suffice.check import check_gradient
    >>> report = check_gradient(lambda x: 3.0 * x @ x, "x", "3 * x", at={"x": [0.5, 2.0]})
    >>> finding = report.findings[0]
    >>> finding.kind, finding.fix
    ('factor', 'multiply by 2')
    """

    kind: str
    what: str
    where: str = ""
    fix: str = ""
    evidence: str = ""
    factor: float | None = None

    def __str__(self) -> str:
        said = "; ".join(part for part in (self.what, self.fix) if part)
        return f"{said} ({self.evidence})." if self.evidence else f"{said}."


@dataclass(frozen=True)
class Element:
    """One element of an answer beside the right one.

    Examples
    --------
    >>> from suffice.check import check_gradient
    >>> report = check_gradient(lambda x: x @ x, "x", "x", at={"x": [0.5, 2.0]})
    >>> worst = report.worst[0]
    >>> worst.index, worst.claimed, worst.right, worst.ratio
    ((1,), 2.0, 4.0, 0.5)
    """

    index: tuple[int, ...]
    claimed: float
    right: float

    @property
    def ratio(self) -> float:
        """Claimed over right."""
        return self.claimed / self.right if self.right else float("nan")


@dataclass(frozen=True)
class CheckReport:
    """The result of a check; it is true only where the verdict is ``"right"``.

    Attributes
    ----------
    verdict
        ``"right"``; ``"wrong"``; ``"right up to convention"`` (transposed, say); ``"approximate"`` (close, but not to the
        precision of the arithmetic); ``"inconclusive"`` (the point is too ill-conditioned, or the reference in doubt);
        ``"not comparable"`` (the claim gave nothing that can be compared).
    message
        One sentence to act on.
    findings
        Explanations, the best first, at most three.
    worst
        Elements that differ most, at the point where they do.
    max_rel_err
        Largest difference over the largest right value.
    noise_floor
        Rounding error of claim and reference, on the same scale.
    smallest_detectable
        Differences above it are told from rounding.
    points
        Shapes of the variables at each point.
    reference
        What the claim was held against.
    second_opinion
        How well the reference agrees with finite differences, where it is a derivative.
    seed
        Of the random points.

    Examples
    --------
    >>> from suffice.check import check_equal
    >>> report = check_equal(lambda x: x**2, "2 * x", at={"x": [0.5, 3.0]})
    >>> report.verdict, bool(report)
    ('wrong', False)
    """

    verdict: Verdict
    message: str
    findings: tuple[Finding, ...] = ()
    worst: tuple[Element, ...] = ()
    max_rel_err: float = 0.0
    noise_floor: float = 0.0
    smallest_detectable: float = 0.0
    points: tuple[dict[str, tuple[int, ...]], ...] = ()
    reference: str = ""
    second_opinion: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "findings", tuple(self.findings)[:MOST_FINDINGS])

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __str__(self) -> str:
        others = [f"  - {finding}" for finding in self.findings[1:]]
        lines = [f"{self.verdict}: {self.message}", *(["Or:", *others] if others else [])]
        return "\n".join([*lines, *([self.table()] if self.worst and not self else []), *self._grounds()])

    def table(self, k: int = 8) -> str:
        """The ``k`` worst elements: index, claimed, right, ratio; empty where nothing differs."""
        if not self.worst:
            return ""
        rows = [("index", "claimed", "right", "ratio")]
        rows += [(_place(e.index), f"{e.claimed:.6g}", f"{e.right:.6g}", f"{e.ratio:.6g}") for e in self.worst[:k]]
        wide = [max(len(row[column]) for row in rows) for column in range(4)]
        return "\n".join("  " + "  ".join(f"{cell:>{w}}" for cell, w in zip(row, wide, strict=True)) for row in rows)

    def show(self) -> None:
        """Prints the report."""
        print(self)

    def raise_if_wrong(self) -> None:
        """Raises ``AssertionError`` with the message unless the verdict is right or right up to convention."""
        if self.verdict not in ("right", "right up to convention"):
            raise AssertionError(str(self))

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values."""
        return {**asdict(self), "text": [str(finding) for finding in self.findings]}

    def to_json(self) -> str:
        """All fields as JSON, where numbers that are not finite are ``null``; the same seed gives the same bytes."""
        return json.dumps(_finite(self.to_dict()), sort_keys=True, ensure_ascii=False)

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.findings[1:])
        table = f"<pre>{escape(self.table())}</pre>" if self.worst and not self else ""
        grounds = "".join(f"<br><small>{escape(line)}</small>" for line in self._grounds())
        return f"<p><b>{escape(self.verdict)}</b>: {escape(self.message)}{grounds}</p><ul>{items}</ul>{table}"

    def _grounds(self) -> list[str]:
        grounds = [f"reference: {self.reference}"] if self.reference else []
        return [*grounds, *([f"second opinion: {self.second_opinion}"] if self.second_opinion else [])]


def not_comparable(sentence: str, **fields: Any) -> CheckReport:
    """A report on a claim that gives nothing to compare."""
    return CheckReport("not comparable", sentence, **fields)


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else "value"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value
