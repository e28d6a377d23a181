"""Parameters that a fit leaves exactly as they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import equinox as eqx
import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.mixture import Mixture


class Freezing:
    """The parameter ``frozen`` of mixture estimators."""

    frozen: Any = None
    weights_init: Any
    _families: Callable[[], list[type[Family]]]

    def _init_of(self, name: str) -> str:
        """The parameter from which a fitted parameter starts."""
        return f"{name}_init"

    def _parameter_names(self) -> tuple[str, ...]:
        """The weights and what the families call their parameters."""
        return tuple(dict.fromkeys(["weights", *(name for f in self._families() for name in f.parameter_names())]))

    def _frozen_names(self) -> tuple[str, ...]:
        """Names of the frozen parameters, checked."""
        if self.frozen is None:
            return ()
        known = self._parameter_names()
        if isinstance(self.frozen, str) or not isinstance(self.frozen, Iterable):
            raise ValueError(
                f"frozen={self.frozen!r} was given; a list of names is expected, such as ['weights'], or None."
            )
        names = list(self.frozen)
        for name in names:
            if name not in known:
                raise ValueError(f"frozen names {name!r}; expected some of {', '.join(map(repr, known))}.")
            self._check_value_given(name)
        return tuple(name for name in known if name in names)

    def _is_given(self, name: str) -> bool:
        """Whether values of a parameter are given to start from."""
        return getattr(self, self._init_of(name), None) is not None

    def _check_value_given(self, name: str) -> None:
        if not self._is_given(name):
            raise ValueError(
                f"frozen names {name!r}, but {self._init_of(name)} is None: give the values to hold there."
            )

    def _frozen_value(self, name: str) -> np.ndarray:
        return np.array(getattr(self, self._init_of(name)), float)

    def _restored(self, model: Mixture) -> Mixture:
        """A model in which what is frozen has the values given, to the last bit."""
        if "weights" in model.frozen:
            weights = Mixture(self._frozen_value("weights"), model.components).log_weights
            model = eqx.tree_at(lambda m: m.log_weights, model, weights)
        names = [name for name in model.frozen if name != "weights"]
        return eqx.tree_at(lambda m: m.components, model, self._restored_components(model.components, names))

    def _restored_components(self, components: Any, names: list[str]) -> Any:
        values = [self._frozen_value(name) for name in names]
        return eqx.tree_at(lambda c: [getattr(c, name) for name in names], components, values) if names else components

    def _put_back(self, components: Any, names: list[str], start: Any, origin: Any) -> Any:
        """Components with what was given as it is at the start."""
        values = [getattr(start, name) for name in names]
        return eqx.tree_at(lambda c: [getattr(c, name) for name in names], components, values) if names else components
