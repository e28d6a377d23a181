"""Networks of the user's own in files, which hold their weights alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import equinox as eqx
import numpy as np
from jaxtyping import PyTree

from suffice.files.classes import name_of
from suffice.fit.checkpoint import arrays_of, with_arrays
from suffice.runtime.arrays import Array
from suffice.runtime.precision import to_numpy

if TYPE_CHECKING:
    from suffice.nets.by_name import MakesNet


OWN = {"weights": "model_", "running": "running_"}


def parts_for_file(
    net: str | eqx.Module | MakesNet | None, params: dict[str, Any], fitted: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and fitted attributes by name, of a net that a file cannot name the weights alone."""
    if net is None or isinstance(net, str) or name_of(type(net)) is not None:
        return params, fitted | {"running_": _plain(fitted["running_"])} if "running_" in fitted else fitted
    weights = {f"own_{name}_": arrays_of(fitted.pop(key)) for name, key in OWN.items() if key in fitted}
    return params | {"net": None}, fitted | weights


def put_into(tree: PyTree[Array], arrays: list[Any]) -> PyTree[Array]:
    """A net or state with the arrays that a file holds of it."""
    shapes = [[np.shape(array) for array in of] for of in (arrays, arrays_of(tree))]
    if shapes[0] != shapes[1]:
        raise ValueError(f"its arrays have shapes {shapes[0]}, and those of this net {shapes[1]}.")
    return to_numpy(with_arrays(tree, arrays))


def _plain(state: PyTree[Array]) -> PyTree[Array]:
    """Named tuples as tuples, which files keep and the networks of ``suffice.nets`` take as well."""
    return tuple(map(_plain, state)) if isinstance(state, tuple) else state
