"""What a denoiser gives back."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from suffice.energy.grid.images import TwoValued

EXACT = "Exact: no labelling has less energy."
UNFINISHED = "Approximate, and stopped at the limit of sweeps while still moving: raise max_iter."
ARRAYS = ("images", "energy", "trace", "lower_bound", "probability", "free_energy")


class Restored(NamedTuple):
    """Restored images, and what is known about their energy. Of a batch, all but the sentence have a first axis (B,).

    ``images`` have the shape, type and values that were given. ``energy`` is their energy, ``trace`` that after each sweep,
    from the noisy image on (a batch's shorter traces go on with their last value). ``exact`` says whether no labelling has
    less energy, and ``outcome`` says it in a sentence. ``lower_bound`` is what no labelling comes below, where the method
    finds it; ``probability`` that of the higher value at each pixel and ``free_energy`` its trace, where the method has them.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import IsingDenoiser
    >>> noisy = np.array([[1, 1, 1], [1, -1, 1], [1, 1, 1]])
    >>> found = IsingDenoiser(beta=1.0, eta=1.5).denoise(noisy)
    >>> found.images.tolist(), found.exact
    ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], True)
    >>> print(found.outcome)
    Exact: no labelling has less energy.
    """

    images: Any
    energy: Any
    trace: Any
    exact: bool
    outcome: str
    lower_bound: Any = None
    probability: Any = None
    free_energy: Any = None

    def given_back(self, given: TwoValued) -> Self:
        """With the values that the images came with in place of -1 and +1, and without the batch's axis for one image."""
        whole = self._replace(images=given.restored(np.asarray(self.images)))
        return whole.first() if given.single else whole

    def first(self) -> Self:
        """The numbers of the first image alone."""
        numbers = {name: None if value is None else value[0] for name in ARRAYS[2:] for value in [getattr(self, name)]}
        return self._replace(energy=float(self.energy[0]), **numbers)


def together(parts: list[Restored]) -> Restored:
    """The result of a batch from those of its parts; a sentence that differs among them is that of the least certain part."""
    if len(parts) == 1:
        return parts[0]
    said = max(parts, key=lambda part: (part.outcome == UNFINISHED, not part.exact)).outcome
    numbers = {name: _stacked([getattr(part, name) for part in parts]) for name in ARRAYS}
    return Restored(**numbers, exact=all(part.exact for part in parts), outcome=said)


def _stacked(arrays: list[Any]) -> Any:
    """Arrays one after another; shorter traces go on with their last value."""
    if arrays[0] is None:
        return None
    if arrays[0].ndim == 2:
        length = max(array.shape[1] for array in arrays)
        arrays = [np.pad(array, ((0, 0), (0, length - array.shape[1])), mode="edge") for array in arrays]
    return np.concatenate(arrays)
