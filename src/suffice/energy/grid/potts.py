"""Restoring images of several labels with a Potts field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suffice.energy.grid.expansion import expanded
from suffice.energy.grid.images import grids
from suffice.energy.grid.restored import EXACT, Restored
from suffice.runtime.types import ArrayLike
from suffice.validation import check_count, check_strength

MOST_LABELS = 64
FIXED = "Approximate: no label, taken by any set of pixels at once, lowers the energy."
UNFINISHED = "Approximate, and stopped at the limit of cycles while still falling: raise max_iter."


@dataclass(frozen=True)
class PottsDenoiser:
    r"""Restores images of a few labels, some of whose pixels show a wrong label, by alpha-expansion.

    .. math:: E(x, y) = - \beta \sum_{\{i, j\}} [x_i = x_j] - \eta \sum_i [x_i = y_i]

    for the clean image x and the noisy image y, over pairs of horizontal and vertical neighbours, each pair once; a bracket is 1
    where it holds, else 0 (Potts 1952). Of two labels, it is the field of ``IsingDenoiser`` with h = 0, beta / 2 and eta / 2, but
    for a constant. Labels are the values that occur in the images, at most 64, or those of ``labels``.

    Parameters
    ----------
    beta
        How strongly neighbours agree, at least 0.
    eta
        How strongly x agrees with y, above 0. Of K labels, one that noise replaces by each of the others alike with probability
        e in all means log((1 - e) (K - 1) / e).
    labels
        Values that a pixel may have; None takes those of the images.
    max_iter
        Most cycles through the labels.

    Raises
    ------
    ValueError
        For a parameter outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import PottsDenoiser
    >>> noisy = np.repeat([[0, 0, 0, 5, 5, 5, 9, 9, 9]], 4, axis=0)
    >>> noisy[1, 1], noisy[2, 4] = 9, 0
    >>> PottsDenoiser(beta=1.0, eta=1.5).denoise(noisy).images[:3]
    array([[0, 0, 0, 5, 5, 5, 9, 9, 9],
           [0, 0, 0, 5, 5, 5, 9, 9, 9],
           [0, 0, 0, 5, 5, 5, 9, 9, 9]])
    """

    beta: float = 2.0
    eta: float = 2.0
    labels: ArrayLike | None = None
    max_iter: int = 20

    def __post_init__(self) -> None:
        check_strength("beta", self.beta)
        check_strength("eta", self.eta, positive=True)
        check_count("max_iter", self.max_iter)

    def denoise(self, images: ArrayLike) -> Restored:
        """The images restored: exactly where there are two labels, else by cycles of expansions until none lowers the energy.

        Counted from where all brackets are 1, the energy is then at most twice the least one (Boykov, Veksler and Zabih 2001).

        Parameters
        ----------
        images
            One noisy image (H, W) or a batch (B, H, W) of labels.

        Returns
        -------
        Restored
            The images, and what is known about their energy; a trace has one value for each cycle through the labels.

        Raises
        ------
        ValueError
            If images are in colour, have NaN, values not in ``labels``, or more than 64 labels.
        """
        values = self._values(images)
        noisy, single = self._numbered("images", images, values)
        found = [self._restored(image, len(values)) for image in noisy]
        length = max(len(trace) for _, trace, _ in found)
        trace = np.stack([np.pad(trace, (0, length - len(trace)), mode="edge") for _, trace, _ in found])
        said = max((said for _, _, said in found), key=(EXACT, FIXED, UNFINISHED).index)
        images = values[np.stack([labels for labels, _, _ in found])]
        result = Restored(images, trace[:, -1], trace, said == EXACT, said)
        return result._replace(images=images[0]).first() if single else result

    def energy(self, x: ArrayLike, y: ArrayLike) -> float | np.ndarray:
        """E(x, y) of an image, or of every image of a batch (B,).

        Parameters
        ----------
        x
            Clean or restored images, (H, W) or (B, H, W).
        y
            Noisy images, of the same shape.

        Raises
        ------
        ValueError
            As ``denoise``, and for different shapes.
        """
        if np.shape(x) != np.shape(y):
            raise ValueError(f"x has shape {np.shape(x)} and y {np.shape(y)}; one shape is expected.")
        values = np.union1d(self._values(x), self._values(y))
        (left, single), (right, _) = self._numbered("x", x, values), self._numbered("y", y, values)
        energy = self._energies(left, right)
        return float(energy[0]) if single else energy

    def _values(self, images: ArrayLike) -> np.ndarray:
        values = np.unique(grids("images", images)[0] if self.labels is None else np.asarray(self.labels))
        if not len(values):
            raise ValueError(
                "labels=[] was given; the values that a pixel may have are expected, or None for those of the images."
            )
        if len(values) > MOST_LABELS:
            raise ValueError(
                f"There are {len(values):,} labels, from {values[0]} to {values[-1]}; at most {MOST_LABELS} are expected. Bring "
                "grey values to a few levels first, for instance images // 64."
            )
        return values

    def _numbered(self, name: str, images: ArrayLike, values: np.ndarray) -> tuple[np.ndarray, bool]:
        grid, single = grids(name, images)
        place = np.searchsorted(values, grid).clip(max=len(values) - 1)
        if (values[place] != grid).any():
            raise ValueError(
                f"{name} holds {grid[values[place] != grid][0]}, which is none of the labels {values.tolist()}."
            )
        return place, single

    def _restored(self, noisy: np.ndarray, count: int) -> tuple[np.ndarray, list[float], str]:
        labels, proven = noisy, True
        trace = [float(self._energies(noisy[None], noisy[None])[0])]
        cost = -float(self.eta) * (noisy[..., None] == np.arange(count))
        for _ in range(self.max_iter):
            for alpha in range(count):
                taken, certain = expanded(labels, alpha, cost, self.beta)
                lower = self._energies(taken[None], noisy[None])[0] < self._energies(labels[None], noisy[None])[0]
                labels, proven = (taken if lower else labels), proven and certain
            trace.append(float(self._energies(labels[None], noisy[None])[0]))
            if trace[-1] == trace[-2]:
                return labels, trace, EXACT if count <= 2 and proven else FIXED
        return labels, trace, UNFINISHED

    def _energies(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        pairs = (x[:, 1:] == x[:, :-1]).sum((1, 2)) + (x[:, :, 1:] == x[:, :, :-1]).sum((1, 2))
        return -self.beta * pairs - self.eta * (x == y).sum((1, 2))
