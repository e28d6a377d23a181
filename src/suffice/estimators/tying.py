"""Parameters that components share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.mixture import Mixture


class Tying:
    """The parameter ``tied`` of mixture estimators."""

    tied: Any = None
    n_components: int
    n_features_in_: int
    _families: Callable[[], list[type[Family]]]
    _parameter_names: Callable[[], tuple[str, ...]]
    _frozen_names: Callable[[], tuple[str, ...]]
    _init_of: Callable[[str], str]
    _is_given: Callable[[str], bool]

    def _ties(self) -> dict[str, np.ndarray]:
        """Labels of components, (K,) or (K, D), by the name of the parameter that they share; checked."""
        if self.tied is None:
            return {}
        if not isinstance(self.tied, Mapping):
            raise ValueError(
                f"tied={self.tied!r} was given; a dictionary from names of parameters to a label for each component is expected, "
                f"such as {{{self._parameter_names()[-1]!r}: [0, 0, 1]}}, or None."
            )
        ties = {str(name): self._labels_of(name, labels) for name, labels in self.tied.items()}
        self._refuse_twins(ties)
        return ties

    def _labels_of(self, name: str, labels: Any) -> np.ndarray:
        if name not in self._parameter_names():
            raise ValueError(f"tied names {name!r}; expected some of {', '.join(map(repr, self._parameter_names()))}.")
        if name in self._frozen_names():
            raise ValueError(
                f"tied and frozen both name {name!r}, and what is frozen stays as given: name it in one of them."
            )
        having = [family for family in self._families() if name in family.parameter_names()]
        if any(name in family.shared_parameters for family in having):
            raise ValueError(f"tied names {name!r}, which all components share already; leave it out.")
        given = np.asarray(labels)
        shapes: list[tuple[int, ...]] = [(self.n_components,)]
        if having and all(name in family.column_parameters() for family in having):
            shapes.append((self.n_components, self.n_features_in_))
        if given.dtype.kind not in "iu" or given.shape not in shapes:
            raise ValueError(
                f"tied[{name!r}] has shape {given.shape} and holds {given.dtype.name}; whole numbers of shape "
                f"{' or '.join(map(str, shapes))} are expected: components of one number share the parameter."
            )
        return given

    def _refuse_twins(self, ties: dict[str, np.ndarray]) -> None:
        """Refuse components that nothing can tell apart."""
        own = {name for family in self._families() for name in family.parameter_names()}
        shared = {name for family in self._families() for name in family.shared_parameters}
        if not own - shared <= ties.keys():
            return
        for one, other in combinations(range(self.n_components), 2):
            if all(np.array_equal(ties[name][one], ties[name][other]) for name in own - shared):
                raise ValueError(
                    f"tied makes components {one} and {other} share every parameter, so that they are one; use fewer components, "
                    "or tie fewer parameters or columns."
                )

    def _tied_start(self, start: Mixture) -> Mixture:
        """A start that obeys the ties, unless it was given otherwise."""
        shared = start.sharing()
        for name, _ in start.tied:
            if self._is_given(name) and not self._agree(name, start, shared):
                raise ValueError(
                    f"{self._init_of(name)} differs between components that share {name!r} by tied; give these the same values."
                )
        return shared

    def _agree(self, name: str, start: Mixture, shared: Mixture) -> bool:
        """Whether what was given of a parameter is the same in both."""
        one, other = (m.weights if name == "weights" else getattr(m.components, name) for m in (start, shared))
        return np.allclose(one, other, rtol=1e-9, atol=1e-12)
