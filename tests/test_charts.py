"""Charts: coordinates lead back to the model, and the slope is that of the log-likelihood plus log-prior."""

import numpy as np
import pytest
from table import COVARIANCES, FACTORS, FEATURES, LATENT, MEANS

from suffice import total
from suffice.latent import (
    DiagonalGaussian,
    Gaussian,
    GaussianPrior,
    SphericalGaussian,
    TiedDiagonalGaussian,
    TiedGaussian,
)
from suffice.model import EStep
from suffice.runtime import computed_by
from suffice.runtime.precision import scope

MODELS = [(f"{case}{name}", model, case.data) for case in [*LATENT, *FACTORS]
          for name, model in (("", case.model), (", with a prior", case.penalised))
          if model is not None and model.chart.exists(model)]  # fmt: skip
CASES = pytest.mark.parametrize(("name", "model", "rows"), MODELS, ids=[name for name, *_ in MODELS])


def statistics_at(model, rows):
    with computed_by("numpy"), scope("float64"):
        return total(EStep(model, model.needs_centring()), rows)


def objective(model, rows):
    return np.asarray(statistics_at(model, rows).log_likelihood + model.log_prior())


@CASES
def test_coordinates_lead_back_to_the_model(name, model, rows):
    again = model.chart.at(model, model.chart.position(model))
    np.testing.assert_allclose(objective(again, rows), objective(model, rows), rtol=1e-12)
    np.testing.assert_allclose(again.chart.position(again), model.chart.position(model), rtol=1e-9, atol=1e-12)


@CASES
def test_slope_along_any_direction_is_that_of_the_log_likelihood(name, model, rows):
    chart, at = model.chart, np.asarray(model.chart.position(model))
    slope = np.asarray(chart.slope(model, statistics_at(model, rows)))
    step = 1e-5
    for direction in np.random.default_rng(0).standard_normal((3, at.shape[-1])):
        up, down = (objective(chart.at(model, at + sign * step * direction), rows) for sign in (1, -1))
        np.testing.assert_allclose(slope @ direction, (up - down) / (2 * step), rtol=1e-5, atol=1e-4)


@CASES
def test_maximisation_goes_uphill(name, model, rows):
    sums = statistics_at(model, rows)
    step = model.chart.position(model.maximize(sums)) - model.chart.position(model)
    assert np.all((model.chart.slope(model, sums) * step).sum(-1) > 0)


@pytest.mark.parametrize("family", [Gaussian, TiedGaussian, DiagonalGaussian, SphericalGaussian, TiedDiagonalGaussian])
def test_coordinates_beyond_the_floor_lead_to_it(family):
    prior = GaussianPrior(None, np.zeros(FEATURES), np.zeros(FEATURES), np.full(FEATURES, 0.3))
    components = family(MEANS, COVARIANCES[family], prior)
    chart = components.chart
    flat = np.array(chart.position(components))
    flat[MEANS.size :] -= 5  # logarithms of deviations, and the other numbers of triangular factors
    matrices = np.asarray(
        chart.at(components, flat).covariance.coloured(np.eye(FEATURES), np.zeros(FEATURES, int), len(MEANS))
    )
    assert np.linalg.eigvalsh(matrices.T @ matrices)[0] >= 0.3 * (1 - 1e-9)
