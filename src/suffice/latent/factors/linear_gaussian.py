"""Rows that are a linear function of few latent variables plus noise: probabilistic PCA and factor analysis."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float

from suffice.latent.charts.factors import FactorChart
from suffice.latent.factors.posterior import FactorStatistics, LatentPosterior, codes_of
from suffice.latent.forms.conditional import LOG_TWO_PI
from suffice.latent.forms.small_inverses import inverted
from suffice.latent.forms.triangles import bordered, unpacked
from suffice.model import Hyperparameters, LatentModel
from suffice.rows.block import tile_of
from suffice.rows.missing import MissingLayout
from suffice.rows.patterns import arrange
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import jnp, lax
from suffice.runtime.module import field, replaced
from suffice.runtime.precision import in_own_precision

VERY_MANY = 4096
"""Columns of which a tile of a hundred rows is much memory."""
PARAMETERS = ("mean", "noise_variance")


class NoiseFloor(Hyperparameters):
    r"""Smallest noise variance: one number, or one for each column (D,).

    .. math:: \psi_d = \max(\psi_d^{\mathrm{EM}}, least_d)

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.fit import em
    >>> from suffice.latent import LinearGaussian, NoiseFloor
    >>> start = LinearGaussian(np.zeros(2), np.ones((2, 1)), np.array([1.0]), floor=NoiseFloor(0.1))
    >>> rows = np.array([[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]])
    >>> em(start, rows).model.noise_variance
    array([0.1])
    """

    least: Array | float


class LinearGaussian(LatentModel):
    r"""A Gaussian whose covariance is low rank plus noise: k latent variables, mixed linearly, and independent noise.

    .. math:: z \sim N(0, I_k), \quad x \mid z \sim N(\mu + W z, \Psi), \quad x \sim N(\mu, W W^\top + \Psi)

    With one noise variance for all columns it is probabilistic PCA (Tipping and Bishop, 1999), with one for each column factor
    analysis. EM regresses each column on the latent variables over the rows that observe it, so missing cells cost no
    completion: only z is latent (Rubin and Thayer, 1982).

    Parameters
    ----------
    mean
        :math:`\mu`, ``(..., D)``; leading axes are restarts, fitted side by side.
    loadings
        W, ``(..., D, k)``.
    noise_variance
        Diagonal of :math:`\Psi`: ``(..., 1)`` for one that all columns share, or ``(..., D)``.
    frozen
        Names of parameters that maximisation leaves as they are, out of ``"mean"`` and ``"noise_variance"``.
    expanded
        Whether maximisation also estimates the mean and covariance of z, and puts them into the mean and the loadings: EM with
        expanded parameters (Liu, Rubin and Wu, 1998), which climbs to the same maximum in fewer iterations.
    floor
        Smallest noise variance; 0 by default.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import LinearGaussian
    >>> model = LinearGaussian(np.zeros(2), np.array([[1.0], [1.0]]), np.array([0.5]))
    >>> mean, covariance = model.posterior(np.array([[1.0, 2.0], [1.0, np.nan]]))
    >>> print(mean.round(3).ravel(), covariance.round(3).ravel())
    [1.2   0.667] [0.2   0.333]
    """

    chart: ClassVar[Any] = FactorChart()

    mean: Array
    loadings: Array
    noise_variance: Array
    floor: NoiseFloor
    frozen: tuple[str, ...] = field(static=True)
    expanded: bool = field(static=True)

    def __init__(
        self,
        mean: Array,
        loadings: Array,
        noise_variance: Array,
        *,
        frozen: Collection[str] = (),
        expanded: bool = False,
        floor: NoiseFloor | None = None,
    ):
        if not set(frozen) <= set(PARAMETERS):
            raise ValueError(f"frozen={list(frozen)} was given; names out of {', '.join(PARAMETERS)} are expected.")
        self.mean, self.loadings, self.noise_variance = mean, loadings, noise_variance
        self.floor = NoiseFloor(0.0) if floor is None else floor
        self.frozen, self.expanded = tuple(frozen), expanded

    @property
    def restarts(self) -> tuple[int, ...]:
        """Sizes of the leading axes, along which restarts lie."""
        return self.mean.shape[:-1]

    @property
    def missing(self) -> MissingLayout:
        """Rows with missing cells come as ``MaskedRows``: each has its own posterior covariance."""
        return "mask"

    @property
    def width(self) -> int:
        """Latent variables and the mean, of all restarts."""
        return int(np.prod(self.restarts)) * (self.loadings.shape[-1] + 1)

    @property
    def tile(self) -> int:
        """As many rows as keep their posterior covariances in the cache, and fewer of very many columns."""
        features, size = self.loadings.shape[-2:]
        return tile_of(features + size**2, 32 if features > VERY_MANY else 128)

    def expectation(self, centred: bool) -> LatentPosterior:
        """The E-step as a function of rows and weights."""
        return LatentPosterior(self.mean, self.loadings, jnp.broadcast_to(self.noise_variance, self.mean.shape))

    @np.errstate(all="ignore")
    def maximize(self, statistics: FactorStatistics) -> Self:
        """Regression of each column on the latent variables; the noise variance is what it leaves over."""
        old = self.mean, self.loadings, self.noise_variance
        if self.restarts:
            new = lax.map(lambda pair: self._maximized(*pair), (old, statistics))
        else:
            new = self._maximized(old, statistics)
        return replaced(self, **dict(zip(("mean", "loadings", "noise_variance"), new, strict=True)))

    def _maximized(self, old: tuple[Array, Array, Array], statistics: FactorStatistics) -> tuple[Array, Array, Array]:
        mean, loadings, noise = old
        size = loadings.shape[1]
        used = size if "mean" in self.frozen else size + 1
        gram = _with_one(statistics.gram, size)[..., :used, :used]
        cross = statistics.cross[:used]
        count = statistics.gram[-1]
        inverse, _ = inverted(jnp.where(count > 0, jnp.moveaxis(gram, 0, -1), jnp.eye(used)[..., None]))
        slope = (inverse * cross).sum(1)
        if "noise_variance" not in self.frozen:
            noise = self._noise(statistics.square - (slope * cross).sum(0), count, noise)
        loadings = jnp.where(count[:, None] > 0, slope[:size].T, loadings)
        mean = mean if "mean" in self.frozen else mean + jnp.where(count > 0, slope[size], 0.0)
        return (*self._reduced(mean, loadings, statistics.latent), noise) if self.expanded else (mean, loadings, noise)

    def _noise(self, left_over: Array, count: Array, old: Array) -> Array:
        """What the regressions leave over, for each observed cell."""
        count = jnp.broadcast_to(count, left_over.shape)
        if old.shape[-1] == 1:
            left_over, count = left_over.sum(keepdims=True), count.sum(keepdims=True)
        new = jnp.maximum(left_over / jnp.where(count > 0, count, 1), self.floor.least)
        return jnp.where(count > 0, new, old)

    def _reduced(self, mean: Array, loadings: Array, latent: Array) -> tuple[Array, Array]:
        """Mean and loadings with latent variables of estimated mean and covariance put back to N(0, I)."""
        moments = _with_one(latent[:, None], loadings.shape[1])[0]
        moments = moments / jnp.where(moments[-1, -1] > 0, moments[-1, -1], 1)
        spread, shift = moments[:-1, :-1], moments[:-1, -1]
        if "mean" not in self.frozen:
            spread, mean = spread - shift[:, None] * shift, mean + loadings @ shift
        root = jnp.linalg.cholesky(spread)
        return mean, jnp.where(jnp.isfinite(root).all(), loadings @ root, loadings)

    def expected_log_density(self, sums: FactorStatistics, leading: tuple[int, ...]) -> Array:
        """Of rows and their latent variables, summed over rows, of models along one axis; sums lead with ``leading``."""
        flat = tree.map_leaves(lambda leaf: leaf.reshape(-1, *leaf.shape[len(leading) :]), sums)
        return lax.map(lambda pair: _complete(*pair), (self.expectation(False), flat)).reshape(leading)

    def centre(self) -> np.ndarray:
        """The mean (D,), from which rows are measured while computing."""
        return np.asarray(self.mean)

    def translated(self, shift: Float[Array, " D"]) -> Self:
        """The same distribution of rows moved by ``shift`` (D,)."""
        return replaced(self, mean=self.mean + shift)

    def variances(self) -> np.ndarray:
        r"""Variance of each column, the diagonal of :math:`W W^\top + \Psi`, (..., D)."""
        return np.square(np.asarray(self.loadings)).sum(-1) + self.noise_variance

    def covariance(self) -> np.ndarray:
        r"""Covariance matrix of the rows, :math:`W W^\top + \Psi`, (..., D, D)."""
        loadings = np.asarray(self.loadings)
        noise = np.broadcast_to(self.noise_variance, self.mean.shape)
        return loadings @ np.swapaxes(loadings, -1, -2) + noise[..., None] * np.eye(noise.shape[-1])

    @in_own_precision
    def posterior(self, rows: Array) -> tuple[Array, Array]:
        """Mean (n, k) and covariance (n, k, k) of the latent variables given the observed cells of each row.

        Parameters
        ----------
        rows
            ``(n, D)``; NaN is a missing cell.
        """
        return codes_of(self.expectation(False).inferred(arrange(rows, self.missing)))

    @in_own_precision
    def log_density(self, rows: Float[Array, "n D"]) -> Float[Array, "... n"]:
        """Log-density of the observed cells of each row, (n,).

        Parameters
        ----------
        rows
            ``(n, D)``; NaN is a missing cell.
        """
        return self.expectation(False).inferred(arrange(rows, self.missing)).log_density

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Rows (count, D), with a NumPy generator."""
        features, size = self.loadings.shape
        latent, noise = generator.standard_normal((count, size)), generator.standard_normal((count, features))
        return np.asarray(self.mean + latent @ self.loadings.T + np.sqrt(self.noise_variance) * noise)

    def parameter_count(self) -> int:
        """Free parameters: loadings up to a rotation, the mean and the noise unless they are frozen."""
        features, size = self.loadings.shape[-2:]
        one_noise = self.noise_variance.shape[-1] == 1 and "noise_variance" not in self.frozen
        rank = min(size, features - 1) if one_noise else size
        count = features * rank - rank * (rank - 1) // 2
        free = {"mean": features, "noise_variance": self.noise_variance.shape[-1]}
        count += sum(number for name, number in free.items() if name not in self.frozen)
        return min(count, features * (features + 1) // 2 + (0 if "mean" in self.frozen else features))


def _with_one(statistics: Array, size: int) -> Array:
    """Matrices (D, k + 1, k + 1) of [z, 1] from their packed statistics (F, D)."""
    split = size * (size + 1) // 2
    return bordered(unpacked(statistics[:split], size), statistics[split:].T)


def _complete(own: LatentPosterior, sums: FactorStatistics) -> Array:
    """Expected log-density of rows, about the mean, and of their latent variables."""
    size = own.loadings.shape[1]
    gram = _with_one(sums.gram, size)[..., :size, :size]
    explained = ((gram @ own.loadings[..., None])[..., 0] * own.loadings).sum(-1)
    left_over = sums.square - 2 * (own.loadings * sums.cross[:size].T).sum(1) + explained
    of_rows = sums.gram[-1] * (LOG_TWO_PI + jnp.log(own.noise)) + left_over / own.noise
    squares = jnp.trace(_with_one(sums.latent[:, None], size)[0, :size, :size])
    return -(of_rows.sum() + squares + sums.weight * size * LOG_TWO_PI) / 2
