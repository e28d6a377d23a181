"""Sections laid out as one HTML file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from suffice.files import write_atomically
from suffice.report.parts import Section
from suffice.report.story import Run, story
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


class RunOptions(TypedDict, total=False):
    """What may be said of a fit on its page; see ``write_report``."""

    title: str | None
    source: str | None
    columns: Sequence[str] | None
    image_shape: tuple[int, ...] | None
    notes: Sequence[str]
    warnings: Sequence[str]
    target: Any
    target_name: str
    sample_weight: Any
    seconds: float | None
    command: Sequence[str] | None
    summary: Any
    selection: Any
    measured: Any
    covariates: Any
    tested: Any
    parallel: Any


def section(estimator: BaseEstimator, data: TableLike, **run: Unpack[RunOptions]) -> Section:
    """Collect what a page says of one model; the parameters are those of ``write_report``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import section
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> part = section(GaussianMixture(2, random_state=0).fit(X), X)
    >>> part.title, part.converged
    ('Gaussian mixture', True)
    """
    known: Any = {name: value for name, value in run.items() if name not in ("columns", "summary")}
    return story(estimator, run.get("columns")).page(data, Run(**known, told=run.get("summary")))


def write_report(
    estimator: BaseEstimator, data: TableLike, path: str | os.PathLike[str], **run: Unpack[RunOptions]
) -> Path:
    """Write a self-contained HTML page on a fitted model and the rows it was fitted to.

    Parameters
    ----------
    estimator
        A fitted mixture, factor model, classifier, RBM or autoencoder.
    data
        A ``suffice.data.Table`` or ``MixedTable``, (N, D) values, a frame, or a re-iterable stream of batches.
    path
        The file to write; it is replaced only when the new page is complete.
    **run
        ``title``: heading; made from the model and the source if it is not given. ``source``: where the rows came from, for
        instance a file name. ``columns``: D names. ``image_shape``: (height, width) when rows are images. ``notes``,
        ``warnings``: sentences on how the data were read, and on what the fit met. ``target``: (N,) known classes, with
        which components are compared, and ``target_name``. Of a table, these are its own where they are not given.
        ``sample_weight``: (N,), the row weights of the fit. ``seconds``: how long it took. ``command``: the command line
        that did it, as a list of words, so that advice names options. ``summary``: what ``suffice.report.summarize`` made
        of the rows, if it is at hand already. ``selection``: what ``suffice.select`` returned, if the estimator is the best
        of several. ``measured``: what ``measure`` of the model's story found out about rows held out. ``covariates``: (N, q)
        of a mixture that was fitted with some. ``tested``: what ``suffice.bootstrap_test`` found of this number of components.
        ``parallel``: what ``suffice.parallel_analysis`` found of the rows.

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

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice import GaussianMixture, write_report
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_report(GaussianMixture(2, random_state=0).fit(X), X, f"{folder}/report.html", title="Two groups")
    ...     "<h1>Two groups" in page.read_text()
    True
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator)
    part = section(
        estimator, data if hasattr(data, "iloc") else getattr(data, "values", data), **_with_table(run, data)
    )
    return write_page(path, part.title, [part])


def _with_table(run: RunOptions, data: TableLike) -> RunOptions:
    """What is said of a fit, completed by what a table knows of itself."""
    own: RunOptions = {
        "source": getattr(data, "name", None),
        "columns": getattr(data, "columns", None),
        "image_shape": getattr(data, "image_shape", None),
        "target": getattr(data, "target", None),
    }
    given: Any = {name: value for name, value in run.items() if value is not None}
    return own | given | {"notes": [*getattr(data, "notes", ()), *run.get("notes", ())]}


def write_page(path: str | os.PathLike[str], title: str, sections: Sequence[Section], introduction: str = "") -> Path:
    """Write one HTML file with a section for each model.

    Parameters
    ----------
    path
        The file to write.
    title
        Heading of the page.
    sections
        What ``suffice.report.section`` collected.
    introduction
        A sentence under the heading of a page with several sections.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice import GaussianMixture
    >>> from suffice.report import section, write_page
    >>> X = np.repeat([[0.0, 1.0], [8.0, 9.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2))
    >>> parts = [section(GaussianMixture(count, random_state=0).fit(X), X) for count in (1, 2)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_page(f"{folder}/both.html", "One group or two", parts)
    ...     "<h1>One group or two" in page.read_text()
    True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suffice.report", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("report.html.j2")
    text = page.render(title=title, sections=sections, introduction=introduction, version=_version())
    write_atomically(Path(path), text.encode())
    return Path(path)


def _version() -> str:
    try:
        return metadata.version("suffice")
    except metadata.PackageNotFoundError:
        return ""
