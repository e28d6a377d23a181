"""What a fit holds: parameters frozen at the values given, and parameters that components share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from suffice.latent.families.family import Family
from suffice.latent.given import Given
from suffice.latent.held import Frozen, of_all, of_some, with_components
from suffice.latent.mixture import Mixture, component_ties, shared_weights
from suffice.latent.ties import fixed_ties
from suffice.runtime.module import replaced


@dataclass(frozen=True)
class Restrictions:
    """Names of frozen parameters, with numbers where of some components, and labels of those that share one, by name."""

    frozen: Frozen = ()
    tied: Mapping[str, np.ndarray] | None = None

    def hold(self, model: Mixture) -> Mixture:
        """The same model, fitted under these restrictions."""
        return model.holding(self.frozen, self.tied)

    def check_held(self, model: Mixture, frozen: Any, tied: Any) -> None:
        """Refuse a model that was fitted under others than these, which the user gave so."""
        if self.frozen != model.frozen:
            raise ValueError(
                f"frozen={frozen!r} was given, but {list(model.frozen)} are frozen in the fitted model; set it as it was, or "
                "fit anew."
            )
        if fixed_ties(self.tied or {}) != model.tied:
            raise ValueError(
                f"tied={tied!r} was given, but {dict(model.tied)} is tied in the fitted model; set it as it was, or fit anew."
            )


def parameter_names(families: Sequence[type[Family]]) -> tuple[str, ...]:
    """The weights and what these families call their parameters."""
    return tuple(dict.fromkeys(["weights", *(name for family in families for name in family.parameter_names())]))


def restrictions(
    frozen: Any, tied: Any, families: Sequence[type[Family]], shape: tuple[int, int], given: Given
) -> Restrictions:
    """What is asked for of components and columns of this shape (K, D), checked against what is given to start from."""
    names = _frozen_names(frozen, parameter_names(families), given)
    some = _frozen_components(frozen, families, shape[0]) if isinstance(frozen, Mapping) else {}
    if some and tied is not None:
        raise ValueError(f"frozen={frozen!r} holds single components, and tied={tied!r} was given; give one of them.")
    held = tuple((name, some[name]) if name in some else name for name in names)
    return Restrictions(held, _ties(tied, names, families, shape))


def _frozen_components(
    frozen: Mapping[Any, Any], families: Sequence[type[Family]], count: int
) -> dict[str, tuple[int, ...]]:
    """The components that hold a parameter, by its name, where these are not all."""
    found = {}
    for name, given in frozen.items():
        numbers = np.atleast_1d(np.asarray(given))
        if numbers.dtype.kind not in "iu" or not len(numbers) or not np.isin(numbers, np.arange(count)).all():
            raise ValueError(
                f"frozen[{name!r}]={given!r} was given; a list of component numbers from 0 to {count - 1} is expected."
            )
        held = tuple(sorted({int(number) for number in numbers}))
        if len(held) == count:
            continue
        if any(name in family.shared_parameters for family in families):
            raise ValueError(
                f"frozen[{name!r}]={given!r} was given, but all components share {name!r}: name it in a list."
            )
        found[str(name)] = held
    return found


def _frozen_names(frozen: Any, known: tuple[str, ...], given: Given) -> tuple[str, ...]:
    if frozen is None:
        return ()
    if isinstance(frozen, str) or not isinstance(frozen, Iterable):
        raise ValueError(
            f"frozen={frozen!r} was given; a list of names is expected, such as ['weights'], a dictionary from names to "
            "component numbers, such as {'means': [0]}, or None."
        )
    names = list(frozen)
    for name in names:
        if name not in known:
            raise ValueError(f"frozen names {name!r}; expected some of {', '.join(map(repr, known))}.")
        given.check_whole(name)
    return tuple(name for name in known if name in names)


def _ties(
    tied: Any, frozen: tuple[str, ...], families: Sequence[type[Family]], shape: tuple[int, int]
) -> dict[str, np.ndarray]:
    if tied is None:
        return {}
    known = parameter_names(families)
    if not isinstance(tied, Mapping):
        raise ValueError(
            f"tied={tied!r} was given; a dictionary from names of parameters to a label for each component is expected, "
            f"such as {{{known[-1]!r}: [0, 0, 1]}}, or None."
        )
    for name in tied:
        if name not in known:
            raise ValueError(f"tied names {name!r}; expected some of {', '.join(map(repr, known))}.")
        if name in frozen:
            raise ValueError(
                f"tied and frozen both name {name!r}, and what is frozen stays as given: name it in one of them."
            )
    ties = {str(name): _labels(name, labels, families, shape) for name, labels in tied.items()}
    _refuse_twins(ties, families, shape[0])
    return ties


def _labels(name: str, labels: Any, families: Sequence[type[Family]], shape: tuple[int, int]) -> np.ndarray:
    having = [family for family in families if name in family.parameter_names()]
    if any(name in family.shared_parameters for family in having):
        raise ValueError(f"tied names {name!r}, which all components share already; leave it out.")
    by_column = bool(having) and not any(name in family.whole_parameters for family in having)
    shapes = [shape[:1], shape] if by_column else [shape[:1]]
    given = np.asarray(labels)
    if given.dtype.kind not in "iu" or given.shape not in shapes:
        raise ValueError(
            f"tied[{name!r}] has shape {given.shape} and holds {given.dtype.name}; whole numbers of shape "
            f"{' or '.join(map(str, shapes))} are expected: components of one number share the parameter."
        )
    return given


def _refuse_twins(ties: dict[str, np.ndarray], families: Sequence[type[Family]], components: int) -> None:
    """Refuse components that nothing can tell apart."""
    own = {name for family in families for name in family.parameter_names()}
    own -= {name for family in families for name in family.shared_parameters}
    if not own <= ties.keys():
        return
    for one, other in combinations(range(components), 2):
        if all(np.array_equal(ties[name][one], ties[name][other]) for name in own):
            raise ValueError(
                f"tied makes components {one} and {other} share every parameter, so that they are one; use fewer components, "
                "or tie fewer parameters or columns."
            )


@np.errstate(all="ignore")
def sharing(mixture: Mixture) -> Mixture:
    """The same mixture with tied parameters averaged over the components; restarts lie along one leading axis."""
    if not mixture.tied:
        return mixture
    weights = shared_weights(mixture, np.asarray(mixture.weights))
    components = mixture.components.sharing(component_ties(mixture))
    return replaced(mixture, log_weights=np.log(weights), components=components)


def tied_start(start: Mixture, given: Given) -> Mixture:
    """A start that obeys its ties, unless it was given otherwise."""
    shared = sharing(start)
    for name, _ in start.tied:
        if given.has(name) and not given.agrees(name, start, shared):
            raise ValueError(
                f"{given.source(name)} differs between components that share {name!r} by tied; give these the same values."
            )
    return shared


def restored(model: Mixture, given: Given) -> Mixture:
    """A model in which what is frozen has the values given, to the last bit."""
    if "weights" in model.frozen:
        weights = Mixture(given.weights(), model.components).log_weights
        model = replaced(model, log_weights=weights)
    names = [name for name in of_all(model.frozen) if name != "weights"]
    components, axis = given.restored(model.components, names), np.ndim(model.log_weights) - 1
    for name, numbers in of_some(model.frozen).items():
        if name != "weights":
            components = with_components(components, given.restored(components, [name]), numbers, axis)
    return replaced(model, components=components)
