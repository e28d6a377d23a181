"""The loop that descent and contrastive learning share: epochs, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, PyTree

from suffice.fit.checkpoint import Checkpoint, arrays_of, digest_of, settings_of, with_arrays
from suffice.fit.spanning import refuse_unseen
from suffice.outcome import Outcome
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import ARRAYS
from suffice.runtime.precision import to_numpy
from suffice.runtime.progress import progress
from suffice.runtime.types import PathLike

Record = dict[str, float]
Figures = Mapping[str, float | Float[Array, ""]]


class EpochState(Protocol):
    """What goes from epoch to epoch."""

    @property
    def model(self) -> Any:
        """The module that is learned."""
        ...

    @property
    def epoch(self) -> Any:
        """Epochs done, a whole number."""
        ...


State = TypeVar("State", bound=EpochState)


@dataclass(frozen=True)
class Watch(Generic[State]):
    """What watches the epochs of ``descend`` and ``contrast``.

    Parameters
    ----------
    progress
        Whether to draw a bar, on a terminal.
    on_epoch
        Called with the state and the figures of the trace after each epoch; an ``Outcome`` that it gives ends the fit.
    checkpoint
        File to keep the state in, after an epoch, every second or less often. If it is there, the fit goes on from it to what it
        would have given uninterrupted, bit for bit; that takes the same rows and arguments, only ``epochs`` may be more. It
        stays when the fit ends: remove it once the result is safe.

    Examples
    --------
    >>> from suffice.fit import Watch
    >>> Watch(on_epoch=lambda state, record: None).progress
    False
    """

    progress: bool = False
    on_epoch: Callable[[State, Record], Outcome | None] | None = None
    checkpoint: PathLike | None = None


UNWATCHED: Watch[Any] = Watch()


def run_epochs(
    epoch: Callable[[State], tuple[State, Figures]],
    state: State,
    epochs: int,
    watch: Watch[State],
    judge: Callable[[Record], Outcome | None] = lambda record: None,
    checkpoint: Checkpoint | None = None,
) -> tuple[State, dict[str, np.ndarray], Outcome]:
    """Repeat an epoch until ``epochs`` are done, Ctrl-C is pressed, or a number is no longer finite."""
    kept, outcome = _begun(state, checkpoint), Outcome.STOPPED_AT_LIMIT
    try:
        with _bar(epochs, int(state.epoch), watch.progress) as show:
            while int(kept[0].epoch) < epochs:
                state, record = epoch(kept[0])
                record = {"epoch": int(state.epoch)} | {name: float(value) for name, value in record.items()}
                if not (np.isfinite(list(record.values())).all() and all_finite(state.model)):
                    outcome = Outcome.DIVERGED
                    break
                if (stop := judge(record)) is not None:
                    outcome = stop
                    break
                kept = (state, (*kept[1], record))
                if checkpoint is not None:
                    checkpoint.keep(partial(_record, *kept), last=record["epoch"] >= epochs)
                show(record)
                if watch.on_epoch is not None and (stop := watch.on_epoch(state, record)) is not None:
                    outcome = stop
                    break
    except KeyboardInterrupt:
        outcome = Outcome.INTERRUPTED
    return kept[0], _columns(kept[1]), outcome


def checkpoint_of(
    watch: Watch[Any], begin: Any, rows: tuple[Any, ...], *, shared: bool, **options: Any
) -> Checkpoint | None:
    """The file that keeps epochs of these rows and weights which begin so, if one is asked for.

    Of the processes that share a fit the first one writes it, and all read it when they start.
    """
    if watch.checkpoint is None:
        return None
    kept = Checkpoint(Path(watch.checkpoint), settings_of(to_numpy(begin), rows=digest_of(*rows), **options))
    kept.writes = not shared or jax.process_index() == 0
    if shared:
        refuse_unseen(kept.path)
    return kept


def _begun(state: State, checkpoint: Checkpoint | None) -> tuple[State, tuple[Record, ...]]:
    """A state and the figures behind it: those given, or what a checkpoint holds."""
    before = None if checkpoint is None else checkpoint.load()
    if before is None:
        return state, ()
    return with_arrays(state, before["state"]), tuple(_lines(before["trace"]))


def _record(state: EpochState, records: tuple[Record, ...]) -> dict[str, Any]:
    return {"state": arrays_of(to_numpy(state)), "trace": _columns(records)}


def _lines(columns: dict[str, np.ndarray]) -> list[Record]:
    lines = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [dict(zip(columns, line, strict=True)) for line in lines]


def continued(state: State, begin: State) -> State:
    """The state of an earlier call, ready to go on, if it has the shape of the one this call would begin with."""
    if type(state) is not type(begin) or _shapes(state) != _shapes(begin):
        raise ValueError(
            f"state is no {type(begin).__name__} that fits this call; take solution.details['state'] of an earlier "
            "call with the same sizes, optimizer, batch_size, persistent chains and precision."
        )
    return state


def _shapes(tree: PyTree[Array]) -> tuple[Any, list[tuple[tuple[int, ...], np.dtype] | None]]:
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(leaf.shape, leaf.dtype) if _has_shape(leaf) else None for leaf in leaves]


def _has_shape(leaf: Any) -> bool:
    return isinstance(leaf, (*ARRAYS, jax.ShapeDtypeStruct))


def _columns(records: tuple[Record, ...]) -> dict[str, np.ndarray]:
    return {name: np.array([record[name] for record in records]) for name in (records[0] if records else ())}


def all_finite(model: PyTree[Array]) -> bool:
    """Whether no parameter of a module is NaN or infinite."""
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(model) if eqx.is_inexact_array(leaf))


@contextmanager
def _bar(epochs: int, done: int, wanted: bool) -> Iterator[Callable[[Record], None]]:
    count = done

    with progress(wanted, epochs, "epoch") as show:

        def told(record: Record) -> None:
            nonlocal count
            count += 1
            show(count, _words(record))

        yield told


def _words(record: Record) -> str:
    return ", ".join(f"{name} {value:.5g}" for name, value in record.items())
