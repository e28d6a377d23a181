"""Restoring two-valued images with an Ising field: energies, and five ways to lower them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any, Self

import numpy as np

from suffice.energy.grid.images import Values, matching, two_valued, two_valued_pair
from suffice.energy.grid.methods import METHODS, Field, bp, check_temperature, cut, gibbs, icm, mean_field, with_method
from suffice.energy.grid.posterior import Posterior, disagree, posterior
from suffice.energy.grid.posterior import together as together_posterior
from suffice.energy.grid.restored import Restored, together
from suffice.energy.grid.share import in_blocks
from suffice.energy.grid.spin_sums import neighbour_sum
from suffice.runtime.keys import LARGEST_SEED
from suffice.runtime.types import ArrayLike
from suffice.validation import check_at_least, check_choice, check_count, check_strength


@dataclass(frozen=True)
class IsingDenoiser:
    r"""Restores images of -1 and +1 (or of any two values) whose pixels were flipped at random.

    .. math:: E(x, y) = h \sum_i x_i - \beta \sum_{\{i, j\}} x_i x_j - \eta \sum_i x_i y_i

    for the clean image x and the noisy image y, over pairs of horizontal and vertical neighbours, each pair once (Besag 1986;
    Bishop 2006, section 8.3.3). The posterior of x is proportional to exp(-E). Among two values, the lower one is -1.

    Parameters
    ----------
    h
        Preference for -1, any number.
    beta
        How strongly neighbours agree, at least 0.
    eta
        How strongly x agrees with y, above 0. Pixels flipped with probability e mean log((1 - e) / e) / 2.
    method
        ``"cut"``: the least energy there is, by a minimum cut (Greig, Porteous and Seheult 1989). The others are approximate:
        ``"icm"``, pixels set to the likelier value until none changes; ``"gibbs"``, sampling while the temperature falls;
        ``"mean_field"`` and ``"bp"`` (loopy belief propagation), which also give probabilities.
    order
        In which ICM takes pixels: ``"checkerboard"``, all of one colour at once, or ``"sequential"``, row after row.
    max_iter
        Most sweeps; with ``"gibbs"`` all that are done.
    tol
        Largest change of a mean or message at which ``"mean_field"`` and ``"bp"`` stop.
    damping
        Share of the old message in the new one in ``"bp"``, from 0 to below 1.
    temperature
        First and last temperature of ``"gibbs"``, above 0; those between are a geometric sequence.
    random_state
        Seed of ``"gibbs"``, a whole number from 0 to 2**31 - 1.

    Raises
    ------
    ValueError
        For a parameter outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import IsingDenoiser
    >>> noisy = np.ones((5, 6), int)
    >>> noisy[2, 3] = -1
    >>> restored = IsingDenoiser(h=0.0, beta=1.0, eta=1.0).denoise(noisy)
    >>> restored.images.min(), restored.energy, restored.exact
    (np.int64(1), -77.0, True)
    """

    h: float = 0.0
    beta: float = 1.0
    eta: float = 1.0
    method: str = "cut"
    order: str = "checkerboard"
    max_iter: int = 200
    tol: float = 1e-6
    damping: float = 0.5
    temperature: tuple[float, float] = (3.0, 0.1)
    random_state: int = 0

    def __post_init__(self) -> None:
        check_strength("h", abs(self.h) if isinstance(self.h, Real) else self.h)
        check_strength("beta", self.beta)
        check_strength("eta", self.eta, positive=True)
        check_choice("method", self.method, METHODS)
        check_choice("order", self.order, ("checkerboard", "sequential"))
        check_count("max_iter", self.max_iter)
        check_at_least("tol", self.tol, 0)
        check_at_least("damping", self.damping, 0)
        if self.damping >= 1:
            raise ValueError(f"damping={self.damping!r} was given; below 1 is expected, else no message ever changes.")
        check_temperature(self.temperature)
        check_count("random_state", self.random_state, 0)
        if self.random_state > LARGEST_SEED:
            raise ValueError(f"random_state={self.random_state} was given; at most {LARGEST_SEED} is expected.")

    def denoise(self, images: ArrayLike, *, values: Values = None) -> Restored:
        """The images restored by ``method``.

        Parameters
        ----------
        images
            One noisy image (H, W) or a batch (B, H, W) with two values in all: -1 and 1, 0 and 1, 0 and 255, or others. A
            batch gives what its images give one by one, except for the random numbers of ``"gibbs"``.
        values
            The two values, the lower one -1; None takes those that occur, and one alone for one of -1 and 1, 0 and 1, 0 and 255.

        Returns
        -------
        Restored
            The images, and what is known about their energy.

        Raises
        ------
        ValueError
            If images are in colour, have NaN, other values, or too many pixels: 2**26, with ``"cut"`` 2**24 an image.
        """
        given = two_valued("images", images, values)
        parts = in_blocks(self._restored, given.spins)
        return together(parts).given_back(given)

    def posterior(
        self, images: ArrayLike, *, n_sweeps: int = 1000, burn_in: int = 100, n_chains: int = 16, values: Values = None,
        return_diagnostics: bool = False,
    ) -> np.ndarray | Posterior:  # fmt: skip
        """Probability of the higher value at each pixel given the noisy image.

        Exact, by elimination, where the shorter side has at most 16 pixels and the longer not too many (16; of 12, 340).
        Elsewhere estimated by Gibbs sampling of chains whose couplings rise from none to ``beta`` first; what annealing says of
        their weights (Neal, 2001) weighs the modes that they end in.

        Parameters
        ----------
        images
            As ``denoise`` takes them.
        n_sweeps
            Sweeps that are counted, shared out to the chains, at least 1.
        burn_in
            Sweeps of each chain before them, as couplings rise, at least 1.
        n_chains
            Chains of each image, at least 1.
        values
            As for ``denoise``.
        return_diagnostics
            Whether to give a ``Posterior``: standard errors of the probabilities, r-hat of the chains, and a sentence.

        Returns
        -------
        np.ndarray or Posterior
            From 0 to 1, of the shape of ``images``.

        Warns
        -----
        UserWarning
            If the chains of an image disagree, so that several modes compete.
        """
        check_count("n_sweeps", n_sweeps)
        check_count("burn_in", burn_in)
        check_count("n_chains", n_chains)
        given, seed = two_valued("images", images, values), self.random_state
        settings = {"n_sweeps": n_sweeps, "burn_in": burn_in, "n_chains": n_chains, "random_state": seed}
        found = together_posterior(in_blocks(partial(posterior, self._field, **settings), given.spins))
        if not return_diagnostics and disagree(found.r_hat, found.effective_chains).any():
            warnings.warn(found.outcome, UserWarning, stacklevel=2)
        if given.single:
            found = found._replace(**{name: getattr(found, name)[0] for name in found._fields[:4]})
        return found if return_diagnostics else found.probability

    def energy(self, x: ArrayLike, y: ArrayLike, *, values: Values = None) -> float | np.ndarray:
        """E(x, y) of an image, or of every image of a batch (B,).

        Parameters
        ----------
        x
            Clean or restored images, two values, (H, W) or (B, H, W).
        y
            Noisy images, the same two values; one of them may stand for a batch.
        values
            As for ``denoise``; None takes those of both images together.

        Raises
        ------
        ValueError
            As ``denoise``, and for images of different sizes.
        """
        (x, y), single = matching(x, y, values)
        energy = self._field.energy(x, y)
        return float(energy[0]) if single else energy

    def energy_difference(self, x: ArrayLike, y: ArrayLike, *, values: Values = None) -> np.ndarray:
        """E with x_k = +1 less E with x_k = -1, for each pixel k given all others, of the shape of the images.

        It is 2 h - 2 beta (sum of the neighbours of k) - 2 eta y_k.

        Parameters
        ----------
        x, y, values
            As ``energy`` takes them, and refuses them.
        """
        (x, y), single = matching(x, y, values)
        difference = 2 * self.h - 2 * self.beta * neighbour_sum(x) - 2 * self.eta * y
        return difference[0] if single else difference

    @classmethod
    def from_pairs(cls, clean: ArrayLike, noisy: ArrayLike, *, values: Values = None, **settings: Any) -> Self:
        """Learn h, beta and eta from clean images and what noise made of them, by maximum pseudo-likelihood.

        Maximises the sum of log p(x_k | neighbours of k, y_k) and log p(y_k | x_k) (Besag 1975), with a N(0, 1) prior on each
        parameter, which keeps them finite.

        Parameters
        ----------
        clean
            Two values, (H, W) or (B, H, W).
        noisy
            The same two values, of the same shape.
        values, **settings
            As for ``energy``; and other parameters of the constructor. The method is ``"cut"`` where at most 15 % of the pixels
            are flipped, else ``"mean_field"``, which errs less there.

        Raises
        ------
        ValueError
            If shapes differ, neighbours differ more often than they agree, or noisy pixels say nothing of clean ones.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import IsingDenoiser
        >>> clean = np.kron([[1, 0], [0, 1]], np.ones((16, 16), int))
        >>> noisy = clean ^ (np.random.default_rng(0).random(clean.shape) < 0.1)
        >>> denoiser = IsingDenoiser.from_pairs(clean, noisy)
        >>> bool(np.mean(denoiser.denoise(noisy).images != clean) < 0.01)
        True
        """
        from suffice.energy.grid.pseudo_likelihood import learn

        x, y = (found.spins for found in two_valued_pair(("clean", "noisy"), clean, noisy, values))
        if x.shape != y.shape:
            raise ValueError(f"clean has shape {np.shape(clean)} and noisy {np.shape(noisy)}; one shape is expected.")
        h, beta, eta = learn(x, y)
        return cls(h, beta, eta, **with_method(settings, float(np.mean(x != y))))

    @classmethod
    def from_clean(cls, clean: ArrayLike, *, flipped: float, values: Values = None, **settings: Any) -> Self:
        """Learn h and beta from clean images by maximum pseudo-likelihood; eta follows from the share of pixels flipped.

        Parameters
        ----------
        clean
            Two values, (H, W) or (B, H, W).
        flipped
            Probability that noise flips a pixel, above 0 and below 1/2: eta = log((1 - flipped) / flipped) / 2.
        values, **settings
            As for ``denoise``; and other parameters of the constructor. The method follows as in ``from_pairs``.

        Raises
        ------
        ValueError
            If ``flipped`` is out of range, or neighbours differ more often than they agree.

        Examples
        --------
        >>> import numpy as np
        >>> from suffice import IsingDenoiser
        >>> IsingDenoiser.from_clean(np.kron([[1, 0], [0, 1]], np.ones((8, 8))), flipped=0.1).beta > 0
        True
        """
        from suffice.energy.grid.pseudo_likelihood import learn

        check_at_least("flipped", flipped, 0)
        if not 0 < flipped < 0.5:
            raise ValueError(f"flipped={flipped!r} was given; a probability above 0 and below 1/2 is expected.")
        h, beta = learn(two_valued("clean", clean, values).spins, None)
        return cls(h, beta, float(np.log((1 - flipped) / flipped) / 2), **with_method(settings, flipped))

    @property
    def _field(self) -> Field:
        return Field(self.h, self.beta, self.eta)

    def _restored(self, noisy: np.ndarray, first: int) -> Restored:
        """Spins (B, H, W) restored, the first of which has this number in the batch."""
        field, most, tol = self._field, self.max_iter, self.tol
        match self.method:
            case "icm":
                return icm(field, noisy, order=self.order, max_iter=most)
            case "gibbs":
                temperatures = np.geomspace(*self.temperature, num=most)
                return gibbs(field, noisy, first, temperatures=temperatures, random_state=self.random_state)
            case "mean_field":
                return mean_field(field, noisy, max_iter=most, tol=tol)
            case "bp":
                return bp(field, noisy, damping=self.damping, max_iter=most, tol=tol)
        return cut(field, noisy)
