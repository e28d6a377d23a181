"""What a saved model says of rows, by Dask's workers: a folder of Parquet files, one for each partition of the rows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.cli.cluster import Workers, blocks_of, client_for
from suffice.cli.partial import part_of
from suffice.cli.reading import Reading

if TYPE_CHECKING:
    import pyarrow as pa

    from suffice.report.story import Story, Told


class Said(NamedTuple):
    """Sums over rows: how many, their weight, the figure times the weight; and cells that are missing."""

    rows: int
    weight: float
    figure: float
    missing: int

    def told(self) -> Told:
        """The same as one process tells it."""
        from suffice.report.story import Told

        return Told(self.rows, self.figure / self.weight if self.weight else float("nan"), self.missing)


Tell = Callable[[Any, Any], "tuple[pa.Table | None, Said]"]
"""What is written of rows and weights, and the sums over them."""


def streaming(reading: Reading, idle: dict[str, Any]) -> Reading:
    """The same in batches; options that workers do not do are refused."""
    for option, value in idle.items():
        if value is not None:
            raise ValueError(f"--{option} is done by one process: leave out --cluster and --workers, or this option.")
    return replace(reading, stream=True)


def told_by_workers(asked: Workers, rows: Any, tell: Tell, out: Path | None) -> Said:
    """Sums over all rows; what is written of them takes the place of ``out`` when all is there."""
    from dask.delayed import delayed

    from suffice.rows.cluster.waiting import result_of

    if out is not None and out.exists():
        raise FileExistsError(
            f"--out {out} is there already, and workers write a folder of Parquet files: name another one."
        )
    folder = None if out is None else part_of(Path(os.path.realpath(out)))
    if folder is not None:
        folder.mkdir()
    try:
        with client_for(asked) as client:
            blocks = [
                delayed(_told, pure=False)(tell, block, place, folder) for place, block in enumerate(blocks_of(rows))
            ]
            futures: Any = client.compute(blocks, retries=2)
            found = [Said(*result_of(client, future)) for future in futures]
        if folder is not None and out is not None:
            os.replace(folder, os.path.realpath(out))
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return Said(*map(sum, zip(*found, strict=True)))


class Scores:
    """What ``score`` says of rows."""

    def __init__(self, model: Story, columns: bool):
        self.model, self.columns = model, columns

    def __call__(self, rows: Any, weight: Any) -> tuple[Any, Said]:
        said: list[Any] = []
        told = self.model.tell(rows, weight, said.append if self.columns else None)
        mass = told.n_rows if weight is None else float(weight.sum())
        return _table(said), Said(told.n_rows, mass, told.mean * mass if self.model.figure else 0.0, told.missing_cells)


class Answers:
    """What ``predict`` says of rows."""

    def __init__(self, model: Story):
        self.model = model

    def __call__(self, rows: Any, weight: Any) -> tuple[Any, Said]:
        from suffice.cli.predict import columns_of, probabilities

        names = [str(name) for name in getattr(self.model.estimator, "classes_", ())]
        what = "class" if names else "component"
        noise = hasattr(self.model.estimator, "noise_weight_")
        said = [columns_of(part, names, what, noise=noise) for part in probabilities(self.model, rows)]
        return _table(said), Said(len(rows), float(len(rows)), 0.0, 0)


class Completions:
    """What ``impute`` makes of rows."""

    def __init__(self, model: Story, columns: list[str]):
        self.model, self.columns = model, columns

    def __call__(self, rows: Any, weight: Any) -> tuple[Any, Said]:
        from suffice.cli.impute import as_table, completed, gaps_in

        gaps, values = gaps_in(rows), self.model.estimator.impute(rows)
        table = completed(as_table(rows, self.columns), self.columns, gaps, values)
        return table, Said(len(rows), float(len(rows)), 0.0, int(gaps.sum()))


def _told(tell: Tell, block: Any, place: int, folder: Path | None) -> Said:
    from pyarrow import parquet

    from suffice.runtime.blas import one_blas_thread

    rows, weight = block if isinstance(block, tuple) else (block, None)
    if not len(rows):
        return Said(0, 0.0, 0.0, 0)
    with one_blas_thread():
        table, said = tell(rows, weight)
    if folder is not None:
        part = folder / f".{place:06}-{os.getpid()}"
        parquet.write_table(table, part)
        os.replace(part, folder / f"{place:06}.parquet")
    return said


def _table(said: list[dict[str, Any]]) -> Any:
    import numpy as np
    import pyarrow as pa

    if not said:
        return None
    return pa.table({name: np.concatenate([part[name] for part in said]) for name in said[0]})
