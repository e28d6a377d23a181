"""Saving a model to a file and loading it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.files.atomic import FileError
from suffice.files.container import loaded, write
from suffice.files.encode import encode

if TYPE_CHECKING:
    import equinox as eqx

FORMAT, SUFFIX = "suffice", ".safetensors"


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Save a module or an estimator to one file, which replaces an earlier one only when it is complete.

    Arrays keep every bit and their type. Of an estimator, its parameters and the attributes that end in ``_`` are kept; not
    kept are ``set_output`` and metadata requests.

    Parameters
    ----------
    model
        A module of ``suffice.latent``, ``suffice.energy`` or ``suffice.nets``, or an estimator of ``suffice``.
    path
        Where to write; ``.safetensors`` is added unless it is there. Missing folders are made.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    FileError
        If the model holds something that a file cannot keep, such as a function, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice import load, save
    >>> from suffice.latent import Bernoulli
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(Bernoulli(np.array([[0.2, 0.7]])), f"{folder}/model")
    ...     load(path).probabilities
    array([[0.2, 0.7]])
    """
    tensors: dict[str, np.ndarray] = {}
    structure = encode(model, "model", tensors)
    if not isinstance(structure, dict) or not structure.keys() & {"module", "estimator"}:
        raise FileError(f"A {type(model).__name__} cannot be saved; give a module or an estimator of suffice.")
    target = _with_suffix(path)
    write(structure, tensors, target, FORMAT)
    return target


def load(path: str | os.PathLike[str], *, net: eqx.Module | Callable[..., eqx.Module] | None = None) -> Any:
    """Load a model that ``save`` wrote. No code from the file is run: it can only name public classes of suffice.

    Parameters
    ----------
    path
        The file, with or without ``.safetensors``.
    net
        For an estimator of a network of your own, of which the file holds the weights alone: what its ``net`` was.

    Returns
    -------
    Any
        The module or estimator; its arrays are NumPy arrays.

    Raises
    ------
    FileError
        If the file is damaged, incomplete, written by something else or by a newer version, or ``net`` is missing or does not
        fit the weights.

    Examples
    --------
    See ``save``.
    """
    target = _with_suffix(path)
    model = loaded(target, FORMAT, "suffice.save")
    if hasattr(model, "own_weights_"):
        _give_net(model, net, target)
    elif net is not None:
        raise FileError(f"{target} holds all of its model, so it takes no net=.")
    return model


def _give_net(model: Any, net: eqx.Module | Callable[..., eqx.Module] | None, target: Path) -> None:
    if net is None:
        raise FileError(
            f"{target} holds the weights of a network of your own, not the network: give what net was, as load(path, net=...)."
        )
    try:
        model._take_net(net)
    except ValueError as error:
        raise FileError(f"{target} cannot be loaded: {error}") from None


def _with_suffix(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
