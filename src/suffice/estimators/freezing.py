"""Parameters that a fit leaves exactly as they were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import equinox as eqx
import numpy as np

from suffice.latent.family import Family
from suffice.latent.mixture import Mixture


class Freezing:
    """The parameter ``frozen`` of mixture estimators."""

    frozen: Any = None
    weights_init: Any
    _family: Callable[[], type[Family]]

    def _init_of(self, name: str) -> str:
        """The parameter from which a fitted parameter starts."""
        return f"{name}_init"

    def _frozen_names(self) -> tuple[str, ...]:
        """Names of the frozen parameters, checked."""
        if self.frozen is None:
            return ()
        known = ("weights", *self._family().parameter_names())
        if isinstance(self.frozen, str) or not isinstance(self.frozen, Iterable):
            raise ValueError(
                f"frozen={self.frozen!r} was given; a list of names is expected, such as ['weights'], or None."
            )
        names = list(self.frozen)
        for name in names:
            if name not in known:
                raise ValueError(f"frozen names {name!r}; expected some of {', '.join(map(repr, known))}.")
            if getattr(self, self._init_of(name), None) is None:
                raise ValueError(
                    f"frozen names {name!r}, but {self._init_of(name)} is None: give the values to hold there."
                )
        return tuple(name for name in known if name in names)

    def _frozen_value(self, name: str) -> np.ndarray:
        return np.array(getattr(self, self._init_of(name)), float)

    def _restored(self, model: Mixture) -> Mixture:
        """A model in which what is frozen has the values given, to the last bit."""
        for name in model.frozen:
            if name == "weights":
                weights = Mixture(self._frozen_value(name), model.components).log_weights
                model = eqx.tree_at(lambda m: m.log_weights, model, weights)
            else:
                value = self._frozen_value(name)
                model = eqx.tree_at(lambda m, name=name: getattr(m.components, name), model, value)
        return model
