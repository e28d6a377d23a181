"""Parameters of single columns that are given: where a mixed mixture starts, and what it freezes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.estimators.mixtures.column_parameters import Given, given_columns, keys_of, with_given
from suffice.latent.families.kinds import KINDS
from suffice.latent.mixture import Mixture
from suffice.validation import summing_to_one


@dataclass(frozen=True)
class GivenColumns:
    """The weights, and parameters of single columns, that are given; columns go by ``names``, ``encoder`` knows their kinds."""

    weights_init: Any
    column_parameters_init: Any
    columns: Sequence[str]
    encoder: ColumnEncoder
    components: int
    covariance_type: str

    def source(self, name: str) -> str:
        """What the user calls the values of a parameter."""
        return f"{name}_init"

    def names(self) -> list[str]:
        """Parameters of the components of which some columns are given."""
        keys = {key for own in self._given() for key in own}
        named = (pair for family in KINDS.values() for pair in family.column_names.items())
        return list(dict.fromkeys(name for key, name in named if key in keys))

    def has(self, name: str) -> bool:
        """Whether a parameter is given for any column."""
        if name == "weights":
            return self.weights_init is not None
        return any(key in own for own in self._given() for key in keys_of(name))

    def check_whole(self, name: str) -> None:
        """Refuse to hold a parameter that is not given for every column that has it."""
        if name == "weights":
            if self.weights_init is None:
                raise ValueError("frozen names 'weights', but weights_init is None: give the values to hold there.")
            return
        if name == "covariances" and self.covariance_type != "diag":
            raise ValueError(
                f"frozen names 'covariances', and covariance_type={self.covariance_type!r} has more than the variances that "
                "column_parameters_init holds; set covariance_type='diag'."
            )
        for column, kind, own in zip(self.columns, self.encoder.kinds_, self._given(), strict=True):
            missing = {key for key, value in KINDS[kind].column_names.items() if value == name} - own.keys()
            if missing:
                raise ValueError(
                    f"frozen names {name!r}, but column_parameters_init holds no {missing.pop()!r} for column {column!r}: give "
                    "the values to hold there."
                )

    def weights(self) -> np.ndarray:
        """The weights (K,) that are given."""
        return summing_to_one(np.array(self.weights_init, float))

    def restored(self, components: Any, names: list[str]) -> Any:
        """Components with these parameters as they were given, to the last bit."""
        return self.put_back(components, names, None, None)

    def put_back(self, components: Any, names: list[str], start: Any, origin: np.ndarray | None) -> Any:
        """Components measured from ``origin`` with these parameters as they were given."""
        if self.column_parameters_init is None or not names:
            return components
        origin = np.zeros(len(self.columns)) if origin is None else origin
        return with_given(components, self._given(), origin, names)

    def agrees(self, name: str, one: Mixture, other: Mixture) -> bool:
        """Whether what is given of a parameter is the same in both."""
        if name == "weights":
            return np.allclose(one.weights, other.weights, rtol=1e-9, atol=1e-12)
        models: tuple[Any, Any] = one, other
        given, (first, second) = self._given(), (m.components.parameters_of_columns() for m in models)
        places = [(column, key) for column, own in enumerate(given) for key in own if key in keys_of(name)]
        return all(np.allclose(first[c][key], second[c][key], rtol=1e-9, atol=1e-12) for c, key in places)

    def _given(self) -> Given:
        sizes = [0 if own is None else len(own) for own in self.encoder.categories_]
        return given_columns(self.column_parameters_init, self.columns, self.encoder.kinds_, sizes, self.components)
