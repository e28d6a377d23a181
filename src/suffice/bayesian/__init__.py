"""Bayesian networks of discrete nodes: tables, exact inference for whole tables of rows, counts for learning."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.bayesian.network import DiscreteNetwork

export_lazily(__name__)
