"""Gaussian components by the name of their covariance: values of its shape are all that their constructors take."""

from __future__ import annotations

from typing import ClassVar

from suffice.latent.families.covariances.covariance import Covariance
from suffice.latent.families.covariances.diagonal import DiagonalCovariance, TiedDiagonalCovariance
from suffice.latent.families.covariances.low_rank import LowRankCovariance
from suffice.latent.families.covariances.principal import PrincipalCovariance
from suffice.latent.families.covariances.spherical import SphericalCovariance
from suffice.latent.families.covariances.tied import TiedCovariance
from suffice.latent.families.gaussian import Gaussian
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.runtime.arrays import Array


class TiedGaussian(Gaussian):
    """K Gaussians that share one covariance matrix, ``covariances`` (..., D, D).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedGaussian
    >>> TiedGaussian(np.zeros((3, 2)), np.eye(2)).parameter_count()
    9
    """

    structure: ClassVar[type[Covariance]] = TiedCovariance
    shared_parameters: ClassVar[tuple[str, ...]] = ("covariances",)


class DiagonalGaussian(Gaussian):
    """K Gaussians of independent columns, ``covariances`` (..., K, D) holding the variances.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import DiagonalGaussian
    >>> DiagonalGaussian(np.zeros((3, 2)), np.ones((3, 2))).parameter_count()
    12
    """

    structure: ClassVar[type[Covariance]] = DiagonalCovariance
    whole_parameters: ClassVar[tuple[str, ...]] = ()


class TiedDiagonalGaussian(Gaussian):
    """K Gaussians of independent columns that share their variances, ``covariances`` (..., D).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import TiedDiagonalGaussian
    >>> TiedDiagonalGaussian(np.zeros((3, 2)), np.ones(2)).parameter_count()
    8
    """

    structure: ClassVar[type[Covariance]] = TiedDiagonalCovariance
    whole_parameters: ClassVar[tuple[str, ...]] = ()
    shared_parameters: ClassVar[tuple[str, ...]] = ("covariances",)


class SphericalGaussian(Gaussian):
    """K Gaussians with one variance each, ``covariances`` (..., K).

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import SphericalGaussian
    >>> SphericalGaussian(np.zeros((3, 2)), np.ones(3)).parameter_count()
    9
    """

    structure: ClassVar[type[Covariance]] = SphericalCovariance
    whole_parameters: ClassVar[tuple[str, ...]] = ("covariances",)


class LowRankGaussian(Gaussian):
    r"""K Gaussians with one covariance :math:`W W^\top + \Psi`, W (D, R) and a diagonal Psi: factor analysis within classes.

    Maximisation takes the covariance within components and fits W and Psi to it: in turn the best W given Psi, by eigenvectors
    (Jöreskog, 1967), and a step of expectation-maximisation for Psi (Rubin and Thayer, 1982). The likelihood never falls.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., D, D)``.
    prior
        A ``LowRankPrior``, which has the rank; without it the covariance is a full one.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import LowRankGaussian, LowRankPrior
    >>> prior = LowRankPrior(None, np.zeros(5), np.zeros((5, 5)), np.zeros(5), rank=1)
    >>> LowRankGaussian(np.zeros((3, 5)), np.eye(5), prior).parameter_count()
    25
    """

    structure: ClassVar[type[Covariance]] = LowRankCovariance
    shared_parameters: ClassVar[tuple[str, ...]] = ("covariances",)

    def __init__(self, means: Array, covariances: Array, prior: GaussianPrior | None = None):
        super().__init__(means, LowRankCovariance(covariances, getattr(prior, "rank", None)), prior)


class PrincipalGaussian(Gaussian):
    r"""K Gaussians with covariances :math:`W_k W_k^\top + \sigma_k^2 I`, each W with ``rank`` columns.

    Maximisation takes the covariance that a full Gaussian would have and keeps its largest eigenvalues; the others become their
    mean (Tipping and Bishop, "Mixtures of probabilistic principal component analysers", 1999). Marginals and conditionals are
    full Gaussians.

    Parameters
    ----------
    means
        ``(..., K, D)``.
    covariances
        ``(..., K, D, D)``.
    prior
        As that of ``Gaussian``.
    rank
        Latent variables of each component, below D.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.latent import PrincipalGaussian
    >>> PrincipalGaussian(np.zeros((2, 5)), np.stack([np.eye(5)] * 2), rank=1).parameter_count()
    22
    """

    structure: ClassVar[type[Covariance]] = PrincipalCovariance
    earlier_fields: ClassVar[frozenset[str]] = Gaussian.earlier_fields | {"rank"}

    def __init__(self, means: Array, covariances: Array, prior: GaussianPrior | None = None, rank: int = 1):
        super().__init__(means, PrincipalCovariance(covariances, rank), prior)

    @property
    def rank(self) -> int:
        """Latent variables of each component."""
        return self.covariance.rank  # type: ignore[attr-defined]


GAUSSIANS: dict[str, type[Gaussian]] = {
    family.structure.covariance_type: family for family in (Gaussian, TiedGaussian, DiagonalGaussian, SphericalGaussian)
}
