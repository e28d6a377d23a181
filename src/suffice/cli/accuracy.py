"""How predictions agree with classes that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BINS = 10
LEAST = 1e-15


@dataclass(frozen=True)
class Measured:
    """Figures of rows whose class is known: the share told right, the loss in nats, and how far probabilities are off."""

    count: int
    right: int
    log_loss: float
    certainty: float
    calibration_error: float
    unlabelled: int
    strange: list[str]

    @property
    def accuracy(self) -> float | None:
        """Share of the rows whose most probable class is theirs."""
        return self.right / self.count if self.count else None

    def sentences(self, target: str) -> list[str]:
        """What is to be said of it."""
        said = []
        if self.count:
            said.append(
                f"accuracy {self.right / self.count:.2%}: {self.right:,} of {self.count:,} rows are told as {target} has them; "
                f"log loss {self.log_loss:.4f} nats per row"
            )
            said.append(
                f"calibration: the classes told have probability {self.certainty:.2%} on average; over {BINS} bins it is "
                f"{self.calibration_error:.2%} off what comes true"
            )
        if self.unlabelled:
            many = "rows have" if self.unlabelled > 1 else "row has"
            said.append(
                f"{self.unlabelled:,} {many} no {target} and {'are' if self.unlabelled > 1 else 'is'} not counted"
            )
        if self.strange:
            named = ", ".join(map(repr, self.strange[:5]))
            said.append(f"{target} has classes that the model does not know ({named}); their rows are not counted")
        return said


def measured(probability: np.ndarray, names: Sequence[str], known: np.ndarray) -> Measured:
    """Compare probabilities (n, K) with classes (n,) as text, None where there is none."""
    import numpy as np

    place = {name: j for j, name in enumerate(names)}
    codes = np.array([-1 if cell is None else place.get(str(cell), -2) for cell in known], dtype=int)
    judged = codes >= 0
    own, codes_judged = probability[judged], codes[judged]
    strange = sorted({str(cell) for cell, code in zip(known, codes, strict=True) if code == -2})
    unlabelled = int((codes == -1).sum())
    if not judged.any():
        return Measured(0, 0, float("nan"), float("nan"), float("nan"), unlabelled, strange)
    hit, certainty = own.argmax(axis=1) == codes_judged, own.max(axis=1)
    bins = np.minimum((certainty * BINS).astype(int), BINS - 1)
    off = sum(abs(float((certainty[bins == b] - hit[bins == b]).sum())) for b in range(BINS)) / len(hit)
    loss = max(0.0, -np.log(np.maximum(own[np.arange(len(own)), codes_judged], LEAST)).mean())
    return Measured(len(hit), int(hit.sum()), float(loss), float(certainty.mean()), off, unlabelled, strange)
