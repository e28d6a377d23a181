"""Parameters of single columns that are given: where a mixed mixture starts, and what it freezes."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.data.encode import ColumnEncoder
from suffice.data.table import position_names
from suffice.estimators.freezing import Freezing
from suffice.estimators.mixtures.column_parameters import Given, given_columns, keys_of, with_given
from suffice.estimators.tying import Tying
from suffice.latent.families.kinds import KINDS
from suffice.latent.mixture import Mixture


class GivenColumns(Freezing, Tying):
    """The parameter ``column_parameters_init`` of a mixture of several kinds of columns."""

    column_parameters_init: Any
    covariance_type: str
    encoder_: ColumnEncoder
    n_components: int
    n_features_in_: int

    def _given(self) -> Given:
        kinds, labels = self.encoder_.kinds_, self.encoder_.categories_
        sizes = [0 if own is None else len(own) for own in labels]
        return given_columns(self.column_parameters_init, self._column_names(), kinds, sizes, self.n_components)

    def _column_names(self) -> list[str]:
        return list(getattr(self, "feature_names_in_", position_names(self.n_features_in_)))

    def _is_given(self, name: str) -> bool:
        if name == "weights":
            return super()._is_given(name)
        return any(key in own for own in self._given() for key in keys_of(name))

    def _check_value_given(self, name: str) -> None:
        if name == "weights":
            return super()._check_value_given(name)
        if name == "covariances" and self.covariance_type != "diag":
            raise ValueError(
                f"frozen names 'covariances', and covariance_type={self.covariance_type!r} has more than the variances that "
                "column_parameters_init holds; set covariance_type='diag'."
            )
        for column, kind, own in zip(self._column_names(), self.encoder_.kinds_, self._given(), strict=True):
            missing = {key for key, value in KINDS[kind].column_names.items() if value == name} - own.keys()
            if missing:
                raise ValueError(
                    f"frozen names {name!r}, but column_parameters_init holds no {missing.pop()!r} for column {column!r}: give "
                    "the values to hold there."
                )

    def _restored_components(self, components: Any, names: list[str]) -> Any:
        return self._put_back(components, names, None, np.zeros(self.n_features_in_))

    def _put_back(self, components: Any, names: list[str], start: Any, origin: Any) -> Any:
        if self.column_parameters_init is None or not names:
            return components
        return with_given(components, self._given(), origin, names)

    def _agree(self, name: str, start: Mixture, shared: Mixture) -> bool:
        if name == "weights":
            return super()._agree(name, start, shared)
        given, (one, other) = self._given(), (m.components.parameters_of_columns() for m in (start, shared))
        places = [(column, key) for column, own in enumerate(given) for key in own if key in keys_of(name)]
        return all(np.allclose(one[c][key], other[c][key], rtol=1e-9, atol=1e-12) for c, key in places)
