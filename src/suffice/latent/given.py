"""Parameters that are given to start from, and to hold, by the names that families have for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from suffice.runtime.module import replaced
from suffice.validation import summing_to_one

if TYPE_CHECKING:
    from suffice.latent.mixture import Mixture


def as_numbers(name: str, values: Any) -> np.ndarray:
    """Values of a parameter that are given as the family holds them."""
    return np.array(values, float)


class Given(Protocol):
    """What is given of the weights and of the components' parameters."""

    def source(self, name: str) -> str:
        """What the user calls the values of a parameter."""
        ...

    def names(self) -> list[str]:
        """Parameters of the components of which values are given."""
        ...

    def has(self, name: str) -> bool:
        """Whether values of a parameter are given."""
        ...

    def check_whole(self, name: str) -> None:
        """Refuse to hold a parameter of which not all values are given."""
        ...

    def weights(self) -> np.ndarray:
        """The weights (K,) that are given."""
        ...

    def restored(self, components: Any, names: list[str]) -> Any:
        """Components with these parameters as they were given, to the last bit."""
        ...

    def put_back(self, components: Any, names: list[str], start: Any, origin: np.ndarray | None) -> Any:
        """Components measured from ``origin`` with these parameters as given, as ``start`` has them."""
        ...

    def agrees(self, name: str, one: Mixture, other: Mixture) -> bool:
        """Whether what is given of a parameter is the same in both."""
        ...


@dataclass(frozen=True)
class GivenParameters:
    """Whole parameters: ``values`` as they were given, ``sources`` their names, ``own`` makes of them what the family holds."""

    values: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)
    own: Callable[[str, Any], np.ndarray] = as_numbers

    def source(self, name: str) -> str:
        """What the user calls the values of a parameter."""
        return self.sources.get(name, f"{name}_init")

    def names(self) -> list[str]:
        """Parameters of the components that are given."""
        return [name for name, value in self.values.items() if name != "weights" and value is not None]

    def has(self, name: str) -> bool:
        """Whether values of a parameter are given."""
        return self.values.get(name) is not None

    def check_whole(self, name: str) -> None:
        """Refuse to hold a parameter that is not given."""
        if not self.has(name):
            raise ValueError(f"frozen names {name!r}, but {self.source(name)} is None: give the values to hold there.")

    def weights(self) -> np.ndarray:
        """The weights (K,) that are given."""
        return summing_to_one(np.array(self.values["weights"], float))

    def restored(self, components: Any, names: list[str]) -> Any:
        """Components with these parameters as they were given, to the last bit."""
        return replaced(components, **{name: self.own(name, self.values[name]) for name in names})

    def put_back(self, components: Any, names: list[str], start: Any, origin: np.ndarray | None) -> Any:
        """Components with these parameters as ``start`` has them."""
        return replaced(components, **{name: getattr(start, name) for name in names})

    def agrees(self, name: str, one: Mixture, other: Mixture) -> bool:
        """Whether a parameter is the same in both."""
        values = (m.weights if name == "weights" else getattr(m.components, name) for m in (one, other))
        return np.allclose(*values, rtol=1e-9, atol=1e-12)
