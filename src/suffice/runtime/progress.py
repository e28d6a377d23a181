"""A progress bar for long work, on a terminal; elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def progress(wanted: bool | int, total: int, title: str) -> Iterator[Callable[[int, str], None]]:
    """A bar while the context lasts: call the result with what is done and a few words."""
    if not wanted or sys.stderr is None:
        yield lambda done, words: None
        return
    if not sys.stderr.isatty():
        yield _lines(total, title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, words="")
        yield lambda done, words: bar.update(task, completed=done, words=words)


def _lines(total: int, title: str) -> Callable[[int, str], None]:
    """Says how far the work is, so many seconds apart."""
    said = time.monotonic()

    def show(done: int, words: str) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY:
            said = time.monotonic()
            print(f"{title}: {done:,} of {total:,} {words}".rstrip(), file=sys.stderr, flush=True)

    return show
