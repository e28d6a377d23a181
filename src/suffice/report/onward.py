"""What can be done with a run, as command lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from suffice.report.advice import Advice, value_of

if TYPE_CHECKING:
    from suffice.report.story import Story


def onward(model: Story, command: Sequence[str] | None) -> list[Advice]:
    """What the run that a command wrote is good for, on the rows of the fit or on others in their place."""
    out, data = (None, None) if command is None else (value_of(command, "--out"), _data(command))
    if out is None or data is None or command is None:
        return []
    rows = value_of(command, "--n-rows") is None  # or else a matrix
    data = [*data, *_read_alike(command)]
    found = []
    if rows and hasattr(model.estimator, "predict_proba") and model.states is None:
        what = "class" if hasattr(model.estimator, "classes_") else "component"
        found.append(
            _to("predict", f"The {what} of each row, with the probability of every one.", out, data, "predicted.csv")
        )
    if rows and model.figure:
        found.append(_to("score", f"The {model.figure} of rows.", out, data, "scores.csv"))
    if rows and model.imputes:
        found.append(_to("impute", "The same table with its missing cells filled in.", out, data, "complete.csv"))
    if model.draws:
        found.append(Advice("Rows drawn from the model.", (shlex.join(["suffice", "sample", out, "--n", "100"]),)))
    return found


def _to(command: str, text: str, run: str, data: Sequence[str], file: str) -> Advice:
    return Advice(text, (shlex.join(["suffice", command, run, *data, "--out", file]),))


def _data(command: Sequence[str]) -> list[str] | None:
    """The files that were fitted, if they are the words after the model."""
    auto = value_of(command, "--auto")
    if auto is not None:
        return [auto]
    if "fit" not in command:
        return None
    after = command[list(command).index("fit") + 2 :]
    return list(takewhile(lambda word: word == "-" or not word.startswith("-"), after)) or None


def _read_alike(command: Sequence[str]) -> list[str]:
    """The options on how cells are read, without which the same file has other numbers."""
    given = [(flag, value_of(command, flag)) for flag in ("--array", "--delimiter", "--decimal", "--missing")]
    header = [word for word in command if word in ("--header", "--no-header")]
    return [*header[-1:], *(word for flag, value in given if value is not None for word in (flag, value))]
