"""What standard errors, tests and steps after a fit say where they cannot say much: a sentence, and no NaN."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import suffice
from suffice import CategoricalMixture, FactorAnalysis, GaussianMixture, NaiveBayes, PoissonMixture
from suffice.cli import main
from suffice.outcome import HeldParameterWarning

DRAW = np.random.default_rng(0)
KIND = DRAW.integers(2, size=200)
ANSWERS = (DRAW.random((200, 5)) < np.where(KIND[:, None], 0.85, 0.2)).astype(float)


@pytest.fixture(scope="module")
def classes():
    return CategoricalMixture(2, n_init=3, random_state=0).fit(ANSWERS)


@pytest.mark.parametrize("method", ["observed", "robust"])
def test_parameters_that_are_all_at_an_edge_are_held(method):
    rows = np.zeros((9, 2))
    with pytest.warns(HeldParameterWarning, match=r"rates_\[0, 0\], rates_\[0, 1\]"):
        found = PoissonMixture(1).fit(rows).confidence_intervals(rows, method=method)
    np.testing.assert_array_equal(found["rates_"], np.zeros((1, 2, 2)))


@pytest.mark.filterwarnings("ignore")
def test_codes_that_do_not_occur_leave_nothing_told(classes):
    errors = classes.standard_errors(ANSWERS + 5)
    assert all(np.isfinite(np.ravel(part)).all() for part in [errors["weights_"], *errors["probabilities_"]])


@pytest.mark.filterwarnings("ignore::suffice.outcome.HeldParameterWarning")
@pytest.mark.parametrize("method", ["observed", "bootstrap"])
def test_errors_of_a_fit_that_has_not_converged_are_warned_of(method):
    rows = ANSWERS[:, :2] + np.random.default_rng(1).normal(size=(200, 2))
    with pytest.warns(ConvergenceWarning, match="limit"):
        early = GaussianMixture(2, max_iter=1, tol=0.0, random_state=0).fit(rows)
    with pytest.warns(ConvergenceWarning) as met:
        early.standard_errors(rows, method=method, samples=5)
    assert any("has not converged" in str(one.message) and "fit again" in str(one.message) for one in met)


@pytest.mark.parametrize("correction", ["ml", None])
def test_an_outcome_that_is_the_class_differs_surely(classes, correction):
    with pytest.warns(HeldParameterWarning, match="classes 0, 1"):
        found = suffice.distal_outcome(classes, ANSWERS, classes.predict(ANSWERS).astype(float), correction=correction)
    np.testing.assert_allclose(np.sort(found.estimates), [0.0, 1.0], atol=1e-9)
    assert found.wald_test == {"statistic": np.inf, "dof": 1, "p_value": 0.0}


def test_an_outcome_without_end_is_refused(classes):
    with pytest.raises(ValueError, match="1 infinite cells"):
        suffice.distal_outcome(classes, ANSWERS, np.where(np.arange(200) == 3, np.inf, DRAW.normal(size=200)))


def test_a_matrix_of_text_and_a_classifier_are_no_input():
    with pytest.raises(ValueError, match="no numbers"):
        FactorAnalysis(1).fit_covariance([["a", "b"], ["b", "a"]], n_rows=9)
    with pytest.raises(ValueError, match="NaiveBayes was given"):
        suffice.bootstrap_test(NaiveBayes(), ANSWERS)  # pyright: ignore[reportArgumentType]


def test_rows_of_one_component_are_drawn_on_the_command_line(tmp_path, capsys):
    rows = np.concatenate([DRAW.normal(0, 1, (80, 2)), DRAW.normal(9, 1, (80, 2)), DRAW.uniform(-20, 20, (30, 2))])
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b", comments="")
    words = ["fit", "gaussian-mixture", str(tmp_path / "rows.csv"), "--noise", "--n-components", "2", "--n-init", "3"]
    run = str(tmp_path / "run")
    assert main([*words, "--out", run]) == 0
    for component in ("0", "1", "-1"):
        assert (
            main(["sample", run, "--component", component, "--n", "5", "--out", str(tmp_path / f"of{component}.csv")])
            == 0
        )
        drawn = np.loadtxt(tmp_path / f"of{component}.csv", delimiter=",", skiprows=1)
        assert drawn[:, 2].tolist() == [float(component)] * 5
    assert main(["sample", run, "--component", "2"]) == 2
    assert "from 0 to 1, or -1 for the noise" in capsys.readouterr().err
