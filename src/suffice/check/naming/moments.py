"""Estimates that are a moment of all rows alike: their mean, median, variances or covariance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from suffice.check.case import Case, difference
from suffice.check.problem import Point
from suffice.check.report import Finding

MOMENTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the mean": lambda rows: rows.mean(0),
    "the median": lambda rows: np.median(rows, axis=0),
    "the sum": lambda rows: rows.sum(0),
    "the mean square": lambda rows: np.mean(rows**2, axis=0),
    "the variance": lambda rows: rows.var(0),
    "the standard deviation": lambda rows: rows.std(0),
    "the covariance": lambda rows: np.cov(rows.T, bias=True),
    "the covariance, with N - 1,": lambda rows: np.cov(rows.T),
    "the matrix of mean products": lambda rows: rows.T @ rows / len(rows),
}
CENTRED = {"the variance", "the standard deviation", "the covariance", "the covariance, with N - 1,"}


def moment_of_rows(case: Case) -> Iterator[Finding]:
    """The answer is a moment of a table's rows, each counted alike."""
    if case.subject.kind not in ("update", "estimate"):
        return
    tables = [name for name, value in case.points[0].items() if np.ndim(value) == 2 and len(np.asarray(value)) > 1]
    for name in tables:
        for said, moment in MOMENTS.items():
            if case.explained_by(lambda point, right, n=name, m=moment: _alike(m(np.asarray(point[n], float)), right)):
                what = f"Your {case.subject.name} is {said} of all rows of {name}, each counted alike"
                fix = _fix(case, name)
                yield Finding("moment", what, name, fix, case.evidence())
                return


def _fix(case: Case, name: str) -> str:
    rows = [np.asarray(point[name], float) for point in case.points]
    for place, said in ((0, "first"), (-1, "last")):
        if _is_right(case, [table[place] for table in rows]):
            return f"its {said} row, {name}[{place}], is right"
    for said, moment in MOMENTS.items():
        if _is_right(case, [moment(table) for table in rows]):
            return f"take {said} of them{', from which their mean is subtracted' if said in CENTRED else ''}"
    others = ", ".join(_moves_with(case, name))
    if others:
        return f"what is right depends on {others} as well, which yours leaves out"
    return f"take from the model how rows are weighed and from what they are centred: not all rows of {name} alike"


def _is_right(case: Case, values: list[np.ndarray]) -> bool:
    return all(
        value.shape == right.shape and np.allclose(value, right, 1e-6, 1e-12)
        for value, right in zip(values, case.right, strict=True)
    )


def _moves_with(case: Case, name: str) -> list[str]:
    """The other variables that the right answer at the first point moves with."""
    known = {other: case.points[0][other] for other in case.subject.known if other in case.points[0]}
    return [
        other
        for other, value in known.items()
        if other not in (name, case.subject.of) and _moves(case, {**known, other: _moved(np.asarray(value))})
    ]


def _moved(value: np.ndarray) -> np.ndarray:
    """Numbers a little larger, and codes or indicators of other rows; single whole numbers, which may be sizes, as they are."""
    return value * 1.01 if value.dtype.kind == "f" else np.roll(value, 1, axis=0) if value.ndim else value


def _moves(case: Case, point: Point) -> bool:
    try:
        with np.errstate(all="ignore"):
            right = np.asarray(case.truth(case.complete(point)))
    except (ValueError, np.linalg.LinAlgError):
        return False
    return bool(np.isfinite(right).all()) and difference(right, case.right[0]) > 1e-4 * case.scales[0]


def _alike(moment: np.ndarray, right: np.ndarray) -> np.ndarray | None:
    """The same moment for each component, where there are several."""
    fits = moment.ndim <= right.ndim and moment.shape == right.shape[right.ndim - moment.ndim :]
    return np.broadcast_to(moment, right.shape) if fits else None
