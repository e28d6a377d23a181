"""What families answer whose columns are independent given the component."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from jaxtyping import Float

from suffice.latent.families.family import Family, conditional_of_independent, inner_of_form
from suffice.latent.forms.natural import Moments
from suffice.latent.ties import Labels
from suffice.model import Hyperparameters
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp


class IndependentColumns(Family):
    """K products of D distributions of one kind, whose parameters are all fields but the ``prior``."""

    numbers_per_cell: ClassVar[int] = 2
    """How many numbers a cell becomes in the E-step: itself and one statistic."""

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """All fields but the prior."""
        fields = [field for field in dataclasses.fields(cls) if not field.metadata.get("static")]
        return tuple(field.name for field in fields if field.name != "prior")

    def averaged_moments(self, moments: Moments, labels: Labels) -> Moments:
        """Moments of which those of components of one label are equal in each column."""
        raise NotImplementedError

    def maximize_some(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """What ``maximize_restricted`` gives where there are several parameters, not all of them frozen."""
        raise ValueError(
            f"{type(self).__name__} can hold or share all of {', '.join(self.parameter_names())}, or none of them."
        )

    def maximize_restricted(
        self, moments: Moments, frozen: Collection[str], tied: Mapping[str, Labels]
    ) -> tuple[Self, Array]:
        """One parameter stays, or maximises sums averaged over the components that share it; ``maximize_some`` has several."""
        names = self.parameter_names()
        if set(names) <= set(frozen):
            return self, jnp.ones(moments.total.shape[1:], bool)
        if len(names) > 1 and (tied or set(names) & set(frozen)):
            return self.maximize_some(moments, frozen, tied)
        for labels in tied.values():
            moments = self.averaged_moments(moments, labels)
        return self.maximize(moments)

    def kinds(self) -> list[str]:
        """One kind."""
        return [self.kind] * self.features

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """By the form that counts cells where the moments do."""
        return inner_of_form(self, moments)

    def centre(self) -> None:
        """A shift would change the distributions."""

    def needs_centring(self) -> bool:
        """There are no deviations."""
        return False

    def about_zero(self, moments: Moments) -> Moments:
        """Moments are about zero."""
        return moments

    def conditional(self, columns: Sequence[int], values: Array) -> tuple[Self, np.ndarray]:
        """The other columns keep their distributions."""
        return conditional_of_independent(self, columns, values)

    def among(self, components: np.ndarray) -> Self:
        """Each parameter's part."""

        def chosen(leaf: Array | Hyperparameters) -> Array | Hyperparameters:
            return leaf if isinstance(leaf, Hyperparameters) else np.asarray(leaf)[:, components]

        return tree.map_leaves(chosen, self, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))

    def numbers_per_row(self) -> int:
        """Those of all cells, or indicators of categories."""
        return self.numbers_per_cell * max(leaf.shape[-1] for leaf in tree.leaves(self) if np.ndim(leaf))
