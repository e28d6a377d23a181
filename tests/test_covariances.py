"""Laws: a Gaussian is the same whether its covariance is named by the class or given, and files of earlier versions load."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
import pytest

from suffice.files.decode import decode
from suffice.latent import (
    DiagonalCovariance,
    DiagonalGaussian,
    FullCovariance,
    Gaussian,
    GaussianPrior,
    LowRankCovariance,
    LowRankGaussian,
    LowRankPrior,
    Mixture,
    PrincipalCovariance,
    PrincipalGaussian,
    SphericalCovariance,
    SphericalGaussian,
    TiedCovariance,
    TiedDiagonalCovariance,
    TiedDiagonalGaussian,
    TiedGaussian,
)
from suffice.latent.mixture import of_components

MEANS = np.random.default_rng(0).standard_normal((2, 3))
LOADINGS = np.random.default_rng(1).standard_normal((2, 3, 1))
MATRICES = LOADINGS @ np.swapaxes(LOADINGS, -1, -2) + np.eye(3)
NOTHING = np.zeros(3)
LOW_RANK = LowRankPrior(None, NOTHING, np.diag(NOTHING), NOTHING, rank=1)
PAIRS = [
    (Gaussian(MEANS, MATRICES), FullCovariance(MATRICES)),
    (TiedGaussian(MEANS, MATRICES[0]), TiedCovariance(MATRICES[0])),
    (DiagonalGaussian(MEANS, MEANS**2), DiagonalCovariance(MEANS**2)),
    (TiedDiagonalGaussian(MEANS, MEANS[0] ** 2), TiedDiagonalCovariance(MEANS[0] ** 2)),
    (SphericalGaussian(MEANS, MEANS[:, 0] ** 2), SphericalCovariance(MEANS[:, 0] ** 2)),
    (LowRankGaussian(MEANS, MATRICES[0], LOW_RANK), LowRankCovariance(MATRICES[0], 1)),
    (PrincipalGaussian(MEANS, MATRICES, rank=1), PrincipalCovariance(MATRICES, 1)),
]


def repeated(components: Gaussian) -> Any:
    """The same with one leading axis for restarts."""
    return eqx.tree_at(lambda c: (c.means, c.covariances), components,
                       (np.asarray(components.means)[None], np.asarray(components.covariances)[None]))  # fmt: skip


@pytest.mark.parametrize(("named", "covariance"), PAIRS, ids=lambda part: type(part).__name__)
def test_a_gaussian_with_this_covariance_is_the_named_one(named: Gaussian, covariance: Any) -> None:
    given = Gaussian(MEANS, covariance)
    np.testing.assert_allclose(named.log_density(MEANS), given.log_density(MEANS), rtol=1e-14)
    assert named.parameter_count() == given.parameter_count()
    np.testing.assert_array_equal(named.variances(), given.variances())
    kept = [of_components(Mixture(np.full((1, 2), 0.5), repeated(one)), [1]).components for one in (named, given)]
    np.testing.assert_allclose(kept[0].log_density(MEANS), kept[1].log_density(MEANS), rtol=1e-14)
    np.testing.assert_allclose(kept[0].log_density(MEANS)[0, 0], named.log_density(MEANS)[1], rtol=1e-14)
    np.testing.assert_array_equal(named.marginal([2, 0]).covariances, given.marginal([2, 0]).covariances)


@pytest.mark.parametrize("named", [pair[0] for pair in PAIRS], ids=lambda family: type(family).__name__)
def test_files_of_earlier_versions_hold_arguments_of_the_constructor(named: Gaussian) -> None:
    low_rank = isinstance(named.prior, LowRankPrior)
    rank = {"rank": 1} if low_rank else {}
    prior = {"strength": None, "mean": {"array": "0"}, "covariance": {"array": "00"}, "floor": {"array": "0"}, **rank}
    fields: dict[str, Any] = {
        "means": {"array": "m"},
        "covariances": {"array": "c"},
        "prior": {"module": f"suffice.latent.{type(named.prior).__name__}", "fields": prior},
    }
    if isinstance(named, PrincipalGaussian):
        fields["rank"] = 1
    tensors = {"m": MEANS, "c": np.asarray(named.covariances), "0": NOTHING, "00": np.diag(NOTHING)}
    loaded = decode({"module": f"suffice.latent.{type(named).__name__}", "fields": fields}, tensors)
    assert type(loaded) is type(named)
    assert isinstance(loaded.prior, GaussianPrior)
    assert loaded.parameter_count() == named.parameter_count()
    np.testing.assert_array_equal(loaded.log_density(MEANS), named.log_density(MEANS))


def test_what_conditioning_leaves_of_a_covariance() -> None:
    low, principal = PAIRS[5][0], PAIRS[6][0]
    assert low.marginal([0, 1]).covariance.rank == low.conditional([2], np.ones(1))[0].covariance.rank == 1
    for found in (principal.marginal([0, 1]), principal.conditional([2], np.ones(1))[0]):
        assert type(found) is Gaussian
        assert type(found.covariance) is FullCovariance


def test_shared_covariances_count_once() -> None:
    one = 3 + 1
    assert PrincipalCovariance(MATRICES, 1).parameter_count() == 2 * one
    assert PrincipalCovariance(MATRICES, 1).parameter_count(np.zeros((2, 1), int)) == one
    assert DiagonalCovariance(MEANS**2).parameter_count(np.array([[0, 0, 0], [0, 1, 0]])) == 4
