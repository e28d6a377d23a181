"""Networks of the user's own in files, which hold their weights alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.files.classes import name_of
from suffice.fit.checkpoint import arrays_of, with_arrays
from suffice.nets.by_name import check_net
from suffice.runtime.precision import to_numpy

OWN = {"weights": "model_", "running": "running_"}


class OwnNet:
    """What ``suffice.save`` and ``suffice.load`` ask of an estimator of any network."""

    net: Any
    _begin: Any
    _network: Any

    def _without_own_net(self, params: Any, fitted: Any) -> tuple[Any, Any]:
        """Parameters and fitted attributes for a file: of a net of the user's own the weights alone."""
        if self.net is None or isinstance(self.net, str) or name_of(type(self.net)) is not None:
            return params, fitted | {"running_": _plain(fitted["running_"])} if "running_" in fitted else fitted
        weights = {f"own_{name}_": arrays_of(fitted.pop(key)) for name, key in OWN.items() if key in fitted}
        return params | {"net": None}, fitted | weights

    def _take_net(self, net: Any) -> None:
        """Put the weights of a file into the net that they are of."""
        check_net(net)
        self.net = net
        begin = self._begin(self._network(0), 0)
        for name, key in OWN.items():
            arrays, found = vars(self).pop(f"own_{name}_"), getattr(begin, key.rstrip("_"))
            shapes = [[np.shape(a) for a in of] for of in (arrays, arrays_of(found))]
            if shapes[0] != shapes[1]:
                raise ValueError(f"its arrays have shapes {shapes[0]}, and those of this net {shapes[1]}.")
            setattr(self, key, to_numpy(with_arrays(found, arrays)))


def _plain(state: Any) -> Any:
    """Named tuples as tuples, which files keep and the networks of ``suffice.nets`` take as well."""
    return tuple(map(_plain, state)) if isinstance(state, tuple) else state
