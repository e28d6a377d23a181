"""``suffice sample`` and ``show``: what can be done with a run that was written, without rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.cli.options import Overwrite, Run
from suffice.cli.parse import flat
from suffice.cli.run_folder import check_file
from suffice.cli.tables import replacing, write_columns
from suffice.cli.telling import Telling, answer, as_json, note, say
from suffice.cli.writing import MODEL

if TYPE_CHECKING:
    from suffice.report.parts import Table
    from suffice.report.story import Drawn, Story


@flat
def sample(
    run: Run,
    telling: Telling,
    n: Annotated[int, typer.Option("--n", min=1, help="Rows to draw.")] = 100,
    component: Annotated[
        int | None,
        typer.Option(help="Component of a mixture to draw from, -1 for noise.", show_default="all, by their weights"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV to write.", show_default="standard output")
    ] = None,
    random_state: Annotated[int, typer.Option(min=0, help="Seed.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Rows drawn from a saved model, of a mixture with the component each came from."""
    import numpy as np

    check_file(out, overwrite=overwrite)
    model = load_run(run)
    if not model.draws:
        raise ValueError(f"{run} holds a {type(model.estimator).__name__}, which draws no rows.")
    model.estimator.set_params(random_state=random_state)
    drawn = model.sample(n) if component is None else _of_component(model, n, component)
    if drawn.warning:
        note(f"warning: {drawn.warning}")
    own = [] if drawn.labels is None else [drawn.labels]
    header = [*model.columns, *([] if drawn.labels is None else [drawn.part])]
    with nullcontext(typer.get_binary_stream("stdout")) if out is None else replacing(out) as file:
        write_columns(file, [*np.asarray(drawn.rows).T, *own], header)
    if out is not None:
        last = "" if drawn.labels is None else f"; the last column is the {drawn.part} each was drawn from"
        say(f"{out} holds {n:,} rows{last}")
        answer(rows=n, columns=header, out=str(out))


def _of_component(model: Story, n: int, component: int) -> Drawn:
    """Rows drawn from one component of a mixture."""
    from suffice.report.story import Drawn

    if not hasattr(model.estimator, "weights_"):
        raise ValueError(f"--component draws from one of a mixture, and this is {model.held}: leave it out.")
    return Drawn(*model.estimator.sample(n, component=component))


@flat
def show(run: Run, telling: Telling) -> None:
    """Model, components and outcome of a saved run."""
    from suffice.report.parts import counted, settings

    model = load_run(run)
    say(f"{model.name}, {model.size}, {counted(len(model.columns), 'column')}")
    say(model.outcome)
    table = model.table()
    if table is not None and not as_json():
        print_table(table)
    lines = [] if table is None else [dict(zip(table.header, line.cells, strict=True)) for line in table.lines]
    answer(model=model.name, size=model.size, columns=model.columns, outcome=model.outcome, converged=model.converged,
           parts=lines, settings=dict(settings(model.estimator)))  # fmt: skip


def print_table(table: Table) -> None:
    """A table on the standard output, under its text."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = Table(*map(escape, table.header), box=None)
    if table.text:
        typer.echo(table.text)
    typer.echo()
    for line in table.lines:
        shown.add_row(*map(escape, line.cells))
    Console().print(shown)


def load_run(run: Path) -> Any:
    """The story of the model of a run folder (or of a model file itself), with the names of its columns."""
    from suffice.files import load
    from suffice.report.story import story

    path = run / MODEL if run.is_dir() else run
    if not path.exists():
        raise FileNotFoundError(f"{run} holds no {MODEL}: `suffice fit MODEL DATA --out {run}` writes one.")
    estimator = load(path)
    if not hasattr(estimator, "n_features_in_"):
        raise ValueError(
            f"{path} holds a {type(estimator).__name__}; a model fitted to the columns of a table is expected."
        )
    known = vars(estimator).pop("feature_names_in_", None)
    return story(estimator, known)
