"""How mixtures of independent columns of numbers begin, whatever their family, and the rows that they refuse."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import numpy as np

from suffice.estimators.mixtures.beginning import Beginning, FromShares, usable
from suffice.estimators.mixtures.parts import Part, Parts
from suffice.estimators.shared.rows import Input
from suffice.latent.begin import from_shares
from suffice.latent.families.family import Family
from suffice.latent.given import GivenParameters
from suffice.latent.mixture import Mixture
from suffice.runtime.module import replaced


class ProductParameters(Protocol):
    """What such a mixture asks of its user, beside the parameters to start from."""

    weights_init: Any
    prior_mean: Any
    prior_strength: float


def product_beginning(
    mixture: ProductParameters, family: type[Family], from_shares: FromShares = from_shares
) -> Beginning:
    """Components whose parameters are one number for each column, given as ``..._init``, about ``prior_mean``."""
    given = {name: getattr(mixture, f"{name}_init") for name in family.parameter_names()}
    values = {"weights": mixture.weights_init, **given}
    return Beginning(
        parts=Parts(family, [Part(family)]),
        given=GivenParameters(values),
        from_rows=any(value is None for value in values.values()),
        put_in=partial(_put_in, family, {name: values for name, values in given.items() if values is not None}),
        strength=mixture.prior_strength,
        prior_mean=mixture.prior_mean,
        from_shares=from_shares,
    )


def _put_in(family: type[Family], given: dict[str, Any], components: Any, origin: np.ndarray | None) -> Any:
    """Components with the parameters that are given."""
    if not given:
        return components
    old = [getattr(components, name) for name in given]
    new = [usable(family, f"{name}_init", values, value.shape[1:])
           for (name, values), value in zip(given.items(), old, strict=True)]  # fmt: skip
    new = [np.broadcast_to(values, value.shape) for values, value in zip(new, old, strict=True)]
    return replaced(components, **dict(zip(given, new, strict=True)))


def named_parameters(model: Mixture) -> dict[str, Any]:
    """Parameters of the components as fitted attributes."""
    components = model.components
    return {f"{name}_": np.asarray(getattr(components, name)) for name in components.parameter_names()}


def refuse_cells(columns: Input, rows: np.ndarray, wrong: np.ndarray, what: str, advice: str) -> None:
    """Refuse rows of which a cell is wrong, and name the first one."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{what} values in data passed to X: {rows[row, column]:g} at row {row}, column "
            f"{columns.named(np.array([column]))}; {advice}"
        )


def counts(columns: Input, rows: np.ndarray, allow_fractional: bool) -> np.ndarray:
    """Rows of counts; anything else is refused."""
    refuse_cells(columns, rows, rows < 0, "Negative", "counts are at least 0: GaussianMixture takes other numbers.")
    if not allow_fractional:
        fractional = (rows != np.floor(rows)) & ~np.isnan(rows)
        refuse_cells(
            columns, rows, fractional, "Fractional",
            "counts are whole numbers: set allow_fractional=True for others.",
        )  # fmt: skip
    return rows
