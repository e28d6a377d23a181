"""What a mixture sums over rows whose responsibilities are given."""

from __future__ import annotations

from typing import Any

from suffice.latent.expectation import MixtureStatistics
from suffice.latent.families.family import Family
from suffice.latent.forms.sparse import of_sparse
from suffice.rows.row_function import RowFunction
from suffice.rows.sparse import SparseTile
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class GivenShares(RowFunction):
    """Statistics of a mixture whose responsibilities are given: rows are a pair of rows and shares (n, ..., K)."""

    components: Family

    def __call__(self, rows: tuple[Array, Array], weight: Array) -> MixtureStatistics:
        share = jnp.moveaxis(rows[1], 0, -1) * weight
        form: Any = self.components.form(False)
        form = of_sparse(form, rows[0]) if isinstance(rows[0], SparseTile) else form
        moments = form.moments(form.features(rows[0]), share, weight)
        return MixtureStatistics(moments, jnp.zeros(share.shape[:-2]), weight.sum())
