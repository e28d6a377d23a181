"""Parameters of single columns of a mixed table: checks, and where a fit starts from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from suffice.latent.families.bernoulli import Bernoulli
from suffice.latent.families.categorical import Categorical
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.poisson import Poisson
from suffice.validation import check_shape

PARAMETERS = {
    "gaussian": {"mean": "means", "variance": "covariances"},
    "bernoulli": {"probability": "probabilities"},
    "categorical": {"probabilities": "probabilities"},
    "poisson": {"rate": "rates"},
}
"""For each kind what a column's parameters are called, and the families' names of them."""
_FAMILIES_NAMES = {key: name for own in PARAMETERS.values() for key, name in own.items()}

Given = list[dict[str, np.ndarray]]


def given_columns(
    given: Any, names: Sequence[str], kinds: Sequence[str], sizes: Sequence[int], components: int
) -> Given:
    """For each column the parameters given, none where nothing was."""
    found: Given = [{} for _ in names]
    for column, own in _by_position(given, names).items():
        if not isinstance(own, Mapping) or not set(own) <= set(PARAMETERS[kinds[column]]):
            raise ValueError(
                f"column_parameters_init gives {own!r} for column {names[column]!r}; a dictionary of "
                f"{' and '.join(map(repr, PARAMETERS[kinds[column]]))} is expected, for its kind is {kinds[column]!r}."
            )
        shape = (components, sizes[column]) if kinds[column] == "categorical" else (components,)
        found[column] = {key: _checked(key, value, shape, names[column]) for key, value in own.items()}
    return found


def keys_of(name: str) -> list[str]:
    """What columns call a parameter that families call by this name."""
    return [key for key, own in _FAMILIES_NAMES.items() if own == name]


def by_columns(components: Any) -> list[dict[str, np.ndarray]]:
    """The parameters of each column, in the table's order."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for part, columns in zip(components.parts, components.columns, strict=True):
        found |= dict(zip(columns, _by_column(part), strict=True))
    return [found[column] for column in range(components.features)]


def _by_column(part: Any) -> list[dict[str, np.ndarray]]:
    """The parameters of each column of a family."""
    if isinstance(part, Categorical):
        return [{"probabilities": chance} for chance in part.by_column()]
    if isinstance(part, Bernoulli):
        return [{"probability": chance} for chance in np.moveaxis(np.asarray(part.probabilities), -1, 0)]
    if isinstance(part, Poisson):
        return [{"rate": rate} for rate in np.moveaxis(np.asarray(part.rates), -1, 0)]
    moments = (np.moveaxis(np.asarray(values), -1, 0) for values in (part.means, part.variances()))
    return [{"mean": mean, "variance": variance} for mean, variance in zip(*moments, strict=True)]


def _by_position(given: Any, names: Sequence[str]) -> dict[int, Any]:
    if given is None:
        return {}
    if isinstance(given, list | tuple) and len(given) == len(names):
        return {column: own for column, own in enumerate(given) if own is not None}
    if not isinstance(given, Mapping):
        raise ValueError(
            f"column_parameters_init={given!r} was given; a list of one dictionary for each of the {len(names)} columns is "
            "expected, or a dictionary from columns to theirs."
        )
    places = dict(zip(names, range(len(names)), strict=True)) | dict(enumerate(range(len(names))))
    for name in given:
        if name not in places:
            raise ValueError(f"column_parameters_init names column {name!r}; the columns are {', '.join(names)}.")
    return {places[name]: own for name, own in given.items()}


def _checked(key: str, value: Any, shape: tuple[int, ...], column: str) -> np.ndarray:
    what = f"column_parameters_init[{column!r}][{key!r}]"
    array = check_shape(what, value, shape)
    if key == "variance" and (array <= 0).any():
        raise ValueError(f"{what} holds numbers that are not above 0; variances are.")
    if key in ("rate", "probability", "probabilities") and (array < 0).any():
        raise ValueError(f"{what} holds negative numbers; they are at least 0.")
    if key == "probability" and (array > 1).any():
        raise ValueError(f"{what} holds numbers above 1; probabilities are at most 1.")
    if key == "probabilities" and not np.allclose(array.sum(-1), 1):
        raise ValueError(f"{what} must sum to 1 in each component.")
    return array


def with_given(part: Any, given: Given, origin: np.ndarray, names: Sequence[str]) -> Any:
    """A family with the parameters given for its columns put in, those that the family calls by these ``names``."""
    given = [{key: value for key, value in own.items() if _FAMILIES_NAMES[key] in names} for own in given]
    if not any(given):
        return part
    if isinstance(part, Categorical):
        chances = [_over(own.get("probabilities"), whole) for own, whole in zip(given, part.by_column(), strict=True)]
        return type(part)(np.concatenate(chances, -1), part.sizes, part.prior)
    if isinstance(part, Gaussian):
        placed = [{"mean": own["mean"] - at} if "mean" in own else {} for own, at in zip(given, origin, strict=True)]
        return type(part)(_columns(part.means, placed, "mean"), _spread_as(part, given), part.prior)
    (key,), (name,) = {key for own in given for key in own}, part.parameter_names()
    return type(part)(_columns(getattr(part, name), given, key), part.prior)


def _over(value: np.ndarray | None, whole: np.ndarray) -> np.ndarray:
    return whole if value is None else np.broadcast_to(value, whole.shape)


def _columns(values: Any, given: Given, key: str) -> np.ndarray:
    """Values (..., K, D) with the columns given in their places."""
    values = np.array(values, float)
    for column, own in enumerate(given):
        if key in own:
            values[..., column] = own[key]
    return values


def _spread_as(part: Gaussian, given: Given) -> Any:
    """Covariances of the family's shape with the variances given."""
    if not any("variance" in own for own in given):
        return part.covariances
    variances = _columns(part.variances(), given, "variance")
    if part.covariance_type == "diag":
        return variances
    if part.covariance_type == "spherical":
        return variances.mean(-1)
    if part.covariance_type == "tied":
        variances = variances.mean(-2)
    covariances = np.asarray(part.covariances)
    scale = np.sqrt(variances / np.diagonal(covariances, axis1=-2, axis2=-1))
    return covariances * scale[..., :, None] * scale[..., None, :]
