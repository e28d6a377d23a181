"""Numbers that no fit leaves behind: a file whose bytes are whole may still hold what is no model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from suffice.files.atomic import FileError
from suffice.outcome import Outcome


def refuse_impossible(model: Any) -> None:
    """Refuse weights, probabilities, variances and the like that no model can have; those whose fit failed say so themselves."""
    told = vars(model).get("outcome_", "") if hasattr(model, "__dict__") else ""
    if str(told).startswith(Outcome.NOT_FINITE.value):
        return
    for owner, name, value in _parts(model, 0):
        check = _CHECKS.get(name)
        if check is None or not isinstance(value, np.ndarray | np.floating | float):
            continue
        said = check(np.asarray(value, float))
        if said:
            raise FileError(f"its {owner} has {name} that {said}, so it is no fitted model; fit it again")


def _parts(node: Any, depth: int) -> Iterator[tuple[str, str, Any]]:
    """Fields of the models in a file, by the class that holds them."""
    if depth > 12:
        return
    if hasattr(node, "get_params"):
        tables = vars(node).get("tables_")
        yield from ((type(node).__name__, "tables_", table) for table in (tables or {}).values())
        for name, value in vars(node).items():
            if name.endswith("_") and not isinstance(value, np.ndarray):
                yield from _parts(value, depth + 1)
    elif dataclasses.is_dataclass(node) and type(node).__module__.startswith("suffice."):
        latent = type(node).__module__.startswith("suffice.latent.")
        for field in dataclasses.fields(node):
            value = vars(node).get(field.name)
            if latent and isinstance(value, np.ndarray | np.floating | float):
                yield type(node).__name__, field.name, value
            yield from _parts(value, depth + 1)
    elif isinstance(node, Mapping | list | tuple):
        for value in node.values() if isinstance(node, Mapping) else node:
            yield from _parts(value, depth + 1)


def _finite(values: np.ndarray) -> str:
    return "" if np.isfinite(values).all() else "are not finite"


def _not_negative(values: np.ndarray) -> str:
    return _finite(values) or ("" if (values >= 0).all() else "are below 0")


def _chances(values: np.ndarray) -> str:
    known = values[~np.isnan(values)] if np.isnan(values).any() and not np.isnan(values).all() else values
    return _not_negative(known) or ("" if (known <= 1 + 1e-6).all() else "are above 1")


def _log_shares(values: np.ndarray) -> str:
    with np.errstate(over="ignore"):
        total = np.exp(values).sum(axis=-1)
    return "" if np.allclose(total, 1.0, atol=1e-3) else "do not sum to 1"


def _variances(values: np.ndarray) -> str:
    square = values.ndim >= 2 and values.shape[-1] == values.shape[-2]
    return _finite(values) or ("are below 0" if not square and (values < 0).any() else "")


_CHECKS: dict[str, Callable[[np.ndarray], str]] = {
    "log_weights": _log_shares,
    "probabilities": _chances,
    "means": _finite,
    "mean": _finite,
    "rates": _not_negative,
    "dispersions": _not_negative,
    "values": _variances,
    "loadings": _finite,
    "noise_variance": _not_negative,
    "tables_": _chances,
}
