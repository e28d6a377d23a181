"""The E-step of a mixture: responsibilities and expected statistics of a tile of rows."""

from __future__ import annotations

from typing import Any

from suffice.latent.forms.natural import Linear, Moments
from suffice.latent.forms.sparse import of_sparse
from suffice.model import PreparedEStep
from suffice.rows.missing import MaskedRows, PatternRows
from suffice.rows.sparse import SparseTile
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp
from suffice.runtime.module import Module


class MixtureStatistics(Module):
    """Sums over rows: the components' moments, the log-likelihood (...,) and the weight of the rows."""

    moments: Moments
    log_likelihood: Array
    weight: Array


class Expectation(PreparedEStep):
    """The E-step of a mixture: ``form`` for complete rows, ``missing_form`` for rows with missing cells."""

    form: Any
    missing_form: Any

    @property
    def accurate(self) -> Array | bool:
        """What the form for complete rows says."""
        return self.form.accurate

    def of(self, rows: Any) -> Any:
        """The form that suits the rows."""
        if isinstance(rows, SparseTile):
            counted = rows.counted and self.missing_form is not None
            return of_sparse(self.missing_form if counted else self.form, rows)
        if not isinstance(rows, MaskedRows | PatternRows):
            return self.form
        if self.missing_form is None:
            raise ValueError("Cells are missing (NaN), and the components take none; drop or fill in these cells.")
        return self.missing_form

    def joint(self, rows: Any) -> Array:
        """log p(x, k), (..., K, n)."""
        form = self.of(rows)
        return form.log_density(form.features(rows))

    def relative(self, rows: Any) -> Array:
        """``joint`` up to what all components share, where that takes less work, (..., K, n)."""
        form = self.of(rows)
        score = form.relative if isinstance(form, Linear) else form.log_density
        return score(form.features(rows))

    def __call__(self, rows: Any, weight: Array, given: Array | None = None) -> MixtureStatistics:
        if isinstance(rows, tuple):
            rows, given = rows
        form = self.of(rows)
        features = form.features(rows)
        joint = form.log_density(features)
        if given is not None and are_counts(given):
            weight = given.T * weight
        elif given is not None:
            joint = joint + log_priors(given, joint.shape[-2])
        evidence, share = normalised(joint, weight)
        moments = form.moments(features, share, weight)
        return MixtureStatistics(moments, (evidence * weight).sum(-1), weight.sum(-1))


def are_counts(given: Array) -> bool:
    """Whether what is given for rows is how often each counts in every restart, (n, R), rather than their components."""
    return given.ndim == 2 and jnp.issubdtype(given.dtype, jnp.integer)


def log_priors(given: Array, components: int) -> Array:
    """Log-priors (K, n) from log-priors (n, K), or from codes (n,): 0 where the component is unknown, else one more."""
    if not jnp.issubdtype(given.dtype, jnp.integer):
        return given.T
    allowed = (given == 0) | (given == 1 + jnp.arange(components)[:, None])
    return jnp.where(allowed, 0.0, -jnp.inf)


def normalised(joint: Array, weight: Array | float = 1.0) -> tuple[Array, Array]:
    """log p(x) (..., n), and responsibilities times ``weight`` (..., K, n), from log p(x, k) (..., K, n) without overflow."""
    peak = jnp.max(joint, -2)
    peak = jnp.where(jnp.isfinite(peak), peak, 0.0)
    share = jnp.exp(joint - peak[..., None, :])
    size = share.sum(-2)
    return peak + jnp.log(size), share * (weight / jnp.where(size > 0, size, 1))[..., None, :]
