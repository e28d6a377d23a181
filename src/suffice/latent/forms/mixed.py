"""Forms side by side, for columns of different kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from suffice.latent.forms.natural import Moments
from suffice.rows.missing import MaskedRows, MissingLayout, PatternRows
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module, field


class MixedForm(Module):
    """Log-density and moments of groups of ``columns``, one form for each; ``layouts`` says how it takes missing cells."""

    forms: tuple[Any, ...]
    log_weights: Array | float
    columns: tuple[tuple[int, ...], ...] = field(static=True)
    layouts: tuple[MissingLayout | None, ...] = field(static=True)

    @property
    def accurate(self) -> Array | bool:
        """Whether rounding errors stay small."""
        return jnp.stack([jnp.asarray(form.accurate) for form in self.forms]).all()

    def weighted(self, log_weights: Float[Array, "... K"]) -> MixedForm:
        """The form with log-weights (..., K) added to the log-densities."""
        return MixedForm(self.forms, self.log_weights + log_weights, self.columns, self.layouts)

    def features(self, rows: Array | MaskedRows | PatternRows) -> tuple[Any, ...]:
        """What each form makes of its columns."""
        groups = zip(self.forms, self.columns, self.layouts, strict=True)
        return tuple(form.features(_part(rows, columns, layout)) for form, columns, layout in groups)

    def log_density(self, features: tuple[Any, ...]) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        parts = [form.log_density(part) for form, part in zip(self.forms, features, strict=True)]
        return sum(parts[1:], parts[0]) + jnp.asarray(self.log_weights)[..., None]

    def moments(
        self, features: tuple[Any, ...], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Weights of the components, and each group's sums over rows in ``common``."""
        parts = zip(self.forms, features, strict=True)
        common = tuple(form.moments(part, responsibility, weight) for form, part in parts)
        return Moments(responsibility.sum(-1)[None], common, "zero")


def _part(
    rows: Array | MaskedRows | PatternRows, columns: Sequence[int], layout: MissingLayout | None
) -> Array | MaskedRows | PatternRows:
    """Some columns of rows, complete or with missing cells."""
    chosen = np.array(columns)
    if isinstance(rows, MaskedRows):
        return MaskedRows(rows.values[:, chosen])
    if not isinstance(rows, PatternRows):
        return rows[:, chosen]
    features = rows.values.shape[1]
    if layout == "patterns":
        position = np.full(features + 1, len(chosen))
        position[chosen] = np.arange(len(chosen))
        return PatternRows(rows.values[:, chosen], rows.pattern, jnp.take(position, rows.missing, axis=0))
    absent = (rows.missing[:, :, None] == chosen).any(1)[rows.pattern]
    return MaskedRows(jnp.where(absent, jnp.nan, rows.values[:, chosen]))
