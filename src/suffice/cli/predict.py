"""``suffice predict RUN DATA``: the class or component of each row, with the probability of every one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.cluster import Workers, on_cluster
from suffice.cli.covariates import of_fit
from suffice.cli.inputs import files_of
from suffice.cli.kept import Keep, known_classes, read_kept
from suffice.cli.matching import matching
from suffice.cli.on_workers import Answers, streaming, told_by_workers
from suffice.cli.options import DATA, Data, Overwrite, Run
from suffice.cli.parse import costs as costs_of
from suffice.cli.parse import flat
from suffice.cli.reading import Reading
from suffice.cli.remembered import as_fitted, target_of
from suffice.cli.run_folder import check_file
from suffice.cli.saved import load_run
from suffice.cli.tables import RowWriter, replacing
from suffice.cli.telling import answer, note, say

if TYPE_CHECKING:
    import numpy as np

    from suffice.report.story import Story


@flat
def predict(
    run: Run,
    data: Data,
    reading: Reading,
    spread: Workers,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of the class of each row and the probability of every class.",
                     show_default="standard output"),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of known classes to compare with; rows without one are left out.",
                     show_default="that of the fit, where DATA has it", rich_help_panel=DATA),
    ] = None,
    costs: Annotated[
        Any,
        typer.Option(parser=costs_of, metavar="CLASS>DECISION=COST,...", show_default="none", rich_help_panel=DATA,
                     help="What mistakes cost, others 1; a column of the cheapest decisions is written."),
    ] = None,
    keep: Keep = None,
    overwrite: Overwrite = False,
) -> None:  # fmt: skip
    """The class (of a mixture, the component) of each row under a saved model, and the probability of every one."""
    asked = on_cluster(spread)
    if asked:
        reading = streaming(reading, {"keep": keep, "target": target, "costs": costs})
        _refuse_no_folder(out)
    else:
        check_file(out, overwrite=overwrite)
    model, files, reading = load_run(run), files_of(data), as_fitted(run, reading)
    if not hasattr(model.estimator, "predict_proba") or model.states is not None:
        raise ValueError(
            f"{run} holds {model.held}, which tells no classes: predict with a classifier or a mixture"
            + ("; `suffice query` asks a network." if model.states is not None else ".")
        )
    if target is not None and not hasattr(model.estimator, "classes_"):
        raise ValueError(
            f"--target {target} compares classes, and {run} holds {model.held}, whose components are none: leave it out."
        )
    prices = None if costs is None else cost_matrix(model.estimator, costs, model.held)
    covariates = of_fit(run, files, reading)
    target = target_of(run, files, reading) if target is None and not asked else target
    known = None if target is None else known_classes(files, reading, target)
    aside = [*(keep or ()), *([] if target is None else [target]), *(() if covariates is None else covariates.labels)]
    source, kept = matching(model, files, reading, None, aside), read_kept(files, reading, keep)
    for sentence in source.notes:
        note(sentence)
    if asked:
        said = told_by_workers(spread, source.rows, Answers(model), out)
        say(f"{out} holds the answers on {said.rows:,} rows of {source.name}")
        return answer(rows=said.rows, out=str(out))
    names = [str(name) for name in getattr(model.estimator, "classes_", ())]
    what = "class" if names else "component"
    chances: list[np.ndarray] = []
    count = 0
    import numpy as np

    from suffice.estimators.classifiers.costs import cheapest

    named = np.array(names, object)
    with nullcontext(typer.get_binary_stream("stdout")) if out is None else replacing(out) as file:
        write = RowWriter(file, kept)
        for probability in probabilities(model, source.rows, covariates):
            count += len(probability)
            if known is not None:
                chances.append(probability)
            decided = {} if prices is None else {"decision": named[cheapest(probability, prices, named)]}
            write(columns_of(probability, names, what, noise=hasattr(model.estimator, "noise_weight_")) | decided)
    _tell(chances, names, what, known, target, f"{count:,} rows of {source.name}", count, out)


def _refuse_no_folder(out: Path | None) -> None:
    if out is None:
        raise ValueError("--cluster and --workers write a folder of Parquet files: name it with --out.")


def cost_matrix(estimator: Any, costs: dict[tuple[str, str], float], held: str) -> np.ndarray:
    """What it costs (K, K) to decide for a class (column) where another is true (line); 1 where it is not said."""
    import numpy as np

    from suffice.estimators.classifiers.costs import check_costs

    if not hasattr(estimator, "classes_"):
        raise ValueError(f"--costs are of classes, and this is {held}, whose components are none: leave them out.")
    names = [str(name) for name in estimator.classes_]
    unknown = [name for pair in costs for name in pair if name not in names]
    if unknown:
        raise ValueError(f"--costs names {unknown[0]!r}, which is no class; the classes are {', '.join(names)}.")
    found = 1.0 - np.eye(len(names))
    for (known, decided), cost in costs.items():
        found[names.index(known), names.index(decided)] = cost
    return check_costs(found, estimator.classes_)


def probabilities(model: Story, rows: Any, covariates: Any = None) -> Iterator[np.ndarray]:
    """The probability of each class or component, (n, K), block by block."""
    import numpy as np

    from suffice.report.story import blocks

    values, start = None if covariates is None else np.asarray(covariates), 0
    for block, weight in blocks(model.coded(rows)):
        given = () if values is None else (values[start : start + len(weight)],)
        start += len(weight)
        yield np.asarray(model.plain.predict_proba(block, *given))


def columns_of(probability: np.ndarray, names: list[str], what: str, *, noise: bool = False) -> dict[str, Any]:
    """The likeliest class or component of rows, and the probability (n, K) of each, by the names of columns."""
    import numpy as np

    labels: Any = np.array(names, dtype=object) if names else np.arange(probability.shape[1])
    if noise:
        labels[-1] = -1
    each = {f"probability_{label}": np.ascontiguousarray(probability[:, j]) for j, label in enumerate(labels)}
    return {what: labels[probability.argmax(axis=1)], **each}


def _tell(
    chances: list[np.ndarray],
    names: list[str],
    what: str,
    known: np.ndarray | None,
    target: str | None,
    rows: str,
    count: int,
    out: Path | None,
) -> None:
    import numpy as np

    from suffice.cli.accuracy import measured

    found = None if known is None or not names else measured(np.concatenate(chances), names, known)
    tell = note if out is None else say
    if out is not None:
        say(f"{out} holds the {what} of each of {rows}, and the probability of every one")
    if found is not None:
        for sentence in found.sentences(str(target)):
            tell(sentence)
    if out is not None:
        record = {} if found is None else {"accuracy": found.accuracy, "log_loss": found.log_loss, "calibration_error":
                  found.calibration_error, "judged_rows": found.count, "unlabelled_rows": found.unlabelled}  # fmt: skip
        answer(rows=count, out=str(out), **record)
