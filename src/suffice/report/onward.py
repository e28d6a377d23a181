"""What can be done with a run, as command lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from suffice.report.advice import Advice, value_of

if TYPE_CHECKING:
    from suffice.report.story import Story


def onward(model: Story, command: Sequence[str] | None) -> list[Advice]:
    """What the run that a command wrote is good for, on the rows of the fit or on others in their place."""
    out, data = (None, None) if command is None else (value_of(command, "--out"), _data(command))
    if out is None or data is None:
        return []
    found = []
    if hasattr(model.estimator, "predict_proba") and model.states is None:
        what = "class" if hasattr(model.estimator, "classes_") else "component"
        found.append(
            _to("predict", f"The {what} of each row, with the probability of every one.", out, data, "predicted.csv")
        )
    if model.figure:
        found.append(_to("score", f"The {model.figure} of rows.", out, data, "scores.csv"))
    if model.imputes:
        found.append(_to("impute", "The same table with its missing cells filled in.", out, data, "complete.csv"))
    if model.draws:
        found.append(Advice("Rows drawn from the model.", (shlex.join(["suffice", "sample", out, "--n", "100"]),)))
    return found


def _to(command: str, text: str, run: str, data: str, file: str) -> Advice:
    return Advice(text, (shlex.join(["suffice", command, run, data, "--out", file]),))


def _data(command: Sequence[str]) -> str | None:
    """The file that was fitted, if it is one word after the model."""
    auto = value_of(command, "--auto")
    if auto is not None:
        return auto
    after = list(command[3:5])
    return after[0] if after and not after[0].startswith("-") else None
