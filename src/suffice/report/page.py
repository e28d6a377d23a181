"""Sections laid out as one HTML file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from suffice.files import write_atomically
from suffice.report.mixture.section import Section, section
from suffice.report.mixture.summary import Summary


def write_report(
    estimator: Any,
    data: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    source: str | None = None,
    columns: Sequence[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    target: Any = None,
    target_name: str = "target",
    sample_weight: Any = None,
    seconds: float | None = None,
    command: Sequence[str] | None = None,
    summary: Summary | None = None,
    selection: Any = None,
) -> Path:
    """Write a self-contained HTML page on a fitted mixture and the rows it was fitted to.

    Parameters
    ----------
    estimator
        A fitted mixture.
    data
        A ``suffice.data.Table`` or ``MixedTable``, (N, D) values, a frame, or a re-iterable stream of batches.
    path
        The file to write; it is replaced only when the new page is complete.
    title
        Heading; None makes one from the model and the source.
    source
        Where the rows came from, for instance a file name; None takes the table's.
    columns
        D names; None takes the table's, or x0, x1, ...
    image_shape
        (height, width) when rows are images; None takes the table's.
    notes, warnings
        Sentences on how the data were read, and on what the fit met.
    target
        (N,) known classes to compare the components with; None takes the table's.
    target_name
        What to call them.
    sample_weight
        (N,), the row weights of the fit.
    seconds
        How long the fit took.
    command
        The command line that did it, as a list of words, so that advice names options.
    summary
        What ``suffice.report.summarize`` made of the rows, if it is at hand already.
    selection
        What ``suffice.select`` returned, if the estimator is the best of several.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator has not been fitted.
    OSError
        If the file cannot be written; an older one is then left as it was.
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    part = section(
        estimator,
        data if hasattr(data, "iloc") else getattr(data, "values", data),
        title=title,
        source=source or getattr(data, "name", None),
        columns=columns if columns is not None else getattr(data, "columns", None),
        image_shape=image_shape or getattr(data, "image_shape", None),
        notes=[*getattr(data, "notes", ()), *notes],
        warnings=warnings,
        target=target if target is not None else getattr(data, "target", None),
        target_name=target_name,
        sample_weight=sample_weight,
        seconds=seconds,
        command=command,
        summary=summary,
        selection=selection,
    )
    return write_page(path, part.title, [part])


def write_page(path: str | os.PathLike[str], title: str, sections: Sequence[Section], introduction: str = "") -> Path:
    """Write one HTML file with a section for each model.

    Parameters
    ----------
    path
        The file to write.
    title
        Heading of the page.
    sections
        What ``suffice.report.mixture.section`` collected.
    introduction
        A sentence under the heading of a page with several sections.
    """
    return write_template(path, "report.html.j2", title=title, sections=sections, introduction=introduction)


def write_template(path: str | os.PathLike[str], name: str, **said: Any) -> Path:
    """Write a page laid out by one of the templates."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suffice.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    text = environment.get_template(name).render(**said, version=_version())
    write_atomically(Path(path), text.encode())
    return Path(path)


def _version() -> str:
    try:
        return metadata.version("suffice")
    except metadata.PackageNotFoundError:
        return ""
