"""The laws of expectation-maximisation for models of few latent variables, against densities that are written out."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from table import FACTORS, generator

from suffice.fit import em
from suffice.latent import LinearGaussian
from suffice.model import EStep
from suffice.rows.total import total
from suffice.runtime.precision import scope

every_factor_model = pytest.mark.parametrize("case", FACTORS, ids=str)


def first_restart(case) -> LinearGaussian:
    return LinearGaussian(case.model.mean[0], case.model.loadings[0], case.model.noise_variance[0])


def parameters(model):
    return jnp.asarray(model.mean), jnp.asarray(model.loadings), jnp.asarray(model.noise_variance)


def expected_of(model, rows):
    """Sum over rows and observed cells of E log N(x_d | mean_d + loadings_d z, noise_d), with z as ``model`` infers it."""
    code, spread = (np.asarray(part) for part in model.posterior(rows))
    seen = ~np.isnan(rows)

    def expected_complete_log_likelihood(at):
        mean, loadings, noise = at
        noise = jnp.broadcast_to(noise, mean.shape)
        residual = jnp.where(seen, np.nan_to_num(rows) - mean - code @ loadings.T, 0)
        square = residual**2 + jnp.einsum("dk,nkl,dl->nd", loadings, spread, loadings)
        return -jnp.where(seen, jnp.log(2 * np.pi * noise) + square / noise, 0).sum() / 2

    return expected_complete_log_likelihood


@every_factor_model
def test_log_likelihood_never_falls(case):
    assert np.diff(em(case.model, case.data, tol=0, max_iter=40).trace, axis=0).min() > -1e-12


@every_factor_model
def test_log_density_is_that_of_the_covariance_written_out(case):
    for k in range(len(case.model.mean)):
        model = LinearGaussian(case.model.mean[k], case.model.loadings[k], case.model.noise_variance[k])
        np.testing.assert_allclose(model.log_density(case.data), case.log_density(case.model, k, case.data), rtol=1e-11)


@every_factor_model
def test_fishers_identity_and_finite_differences(case):
    """The gradient of the log-likelihood is that of the expected complete log-likelihood at the same parameters."""
    model = first_restart(case)

    @jax.jit
    def value(at):
        return LinearGaussian(*at).log_density(case.data).sum()

    with scope("float64"):
        at = parameters(model)
        direct = jax.jit(jax.grad(value))(at)
        complete = jax.jit(jax.grad(expected_of(model, case.data)))(at)
        steps = [1e-5 * generator().standard_normal(part.shape) for part in at]
        slope = sum(float((part * step).sum()) for part, step in zip(direct, steps, strict=True))
        ahead, behind = ([part + sign * step for part, step in zip(at, steps, strict=True)] for sign in (1, -1))
        found = float(value(ahead) - value(behind)) / 2
    for one, other in zip(complete, direct, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert slope == pytest.approx(found, rel=1e-6)


@every_factor_model
def test_maximisation_leaves_no_slope(case):
    model = first_restart(case)
    statistics = total(EStep(model, False), case.data)
    with scope("float64"):
        best = parameters(model.maximize(statistics))
        slopes = jax.jit(jax.grad(expected_of(model, case.data)))(best)
    for slope in slopes:
        assert np.abs(slope).max() < 1e-8
