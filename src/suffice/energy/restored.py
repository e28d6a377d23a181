"""What a denoiser gives back."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from suffice.energy.images import TwoValued


class Restored(NamedTuple):
    """Restored images, and what is known about their energy. Of a batch, all but the sentence have a first axis (B,).

    ``images`` have the shape, type and values that were given. ``energy`` is their energy, ``trace`` that after each sweep,
    from the noisy image on (a batch's shorter traces go on with their last value). ``exact`` says whether no labelling has
    less energy, and ``outcome`` says it in a sentence. ``lower_bound`` is what no labelling comes below, where the method
    finds it; ``probability`` that of the higher value at each pixel and ``free_energy`` its trace, where the method has them.
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
        numbers = {
            name: None if value is None else value[0]
            for name in ("trace", "lower_bound", "probability", "free_energy")
            for value in [getattr(self, name)]
        }
        return self._replace(energy=float(self.energy[0]), **numbers)
