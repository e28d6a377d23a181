"""Factor models on the command line, in the report and in pictures."""

import csv

import numpy as np
import pytest
from matplotlib.figure import Figure

from suffice import PPCA, FactorAnalysis
from suffice.cli import main
from suffice.files import load
from suffice.plot import LoadingsDisplay, ReconstructionDisplay, ScreeDisplay
from suffice.report import write_report

NAMES = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(0)
    complete = draw.standard_normal((80, 1)) * [2.0, 1.0, -1.5, 0.5] + 0.4 * draw.standard_normal((80, 4))
    return np.where(draw.random(complete.shape) < 0.15, np.nan, complete)


@pytest.fixture(scope="module")
def run(rows, tmp_path_factory):
    """A finished run of probabilistic PCA with cells missing and known classes beside them."""
    folder = tmp_path_factory.mktemp("factors")
    lines = [
        ",".join("" if np.isnan(cell) else f"{cell:.6f}" for cell in row) + f",{n % 3}" for n, row in enumerate(rows)
    ]
    (folder / "data.csv").write_text("\n".join([",".join([*NAMES, "kind"]), *lines]) + "\n")
    words = ["fit", "ppca", str(folder / "data.csv"), "--n-components", "1", "--target", "kind"]
    assert main([*words, "--out", str(folder / "run")]) == 0
    return folder / "run"


def test_a_run_holds_latent_variables_of_each_row(run, rows):
    assert sorted(file.name for file in run.iterdir()) == ["codes.csv", "model.safetensors", "report.html", "trace.csv"]
    model = load(run / "model.safetensors")
    assert model.feature_names_in_.tolist() == NAMES
    del model.feature_names_in_  # plain arrays follow
    with open(run / "codes.csv", newline="") as file:
        table = list(csv.DictReader(file))
    np.testing.assert_allclose([float(line["component0"]) for line in table], model.transform(rows)[:, 0], atol=1e-5)
    np.testing.assert_allclose([float(line["log_likelihood"]) for line in table], model.score_samples(rows), atol=1e-4)


def test_the_report_has_the_pictures_of_factor_models(run):
    page = (run / "report.html").read_text()
    for title in ("Scree", "Held-out likelihood", "Rows in latent space", "Loadings", "Reconstructions", "Missing cells",
                  "Imputed cells", "largest loadings", "Climb of every start"):  # fmt: skip
        assert title in page
    assert "Probabilistic PCA with 1 component, fitted to the 80 rows of data.csv in 4 columns." in page
    assert "ICL" not in page


def test_saved_runs_are_shown_scored_sampled_and_imputed(run, capsys, tmp_path):
    data = str(run.parent / "data.csv")
    assert main(["show", str(run)]) == 0
    assert "largest loadings" in capsys.readouterr().out
    assert main(["score", str(run), data, "--drop", "kind", "--out", str(tmp_path / "scores.csv")]) == 0
    assert "latent variables and the log-likelihood" in capsys.readouterr().out
    assert main(["sample", str(run), "--n", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["impute", str(run), data, "--out", str(tmp_path / "full.csv")]) == 0
    assert np.isfinite(np.loadtxt(tmp_path / "full.csv", delimiter=",", skiprows=1)).all()


def test_numbers_of_components_are_selected(run, capsys):
    data, out = str(run.parent / "data.csv"), run.parent / "selected"
    words = ["fit", "factor-analysis", data, "--drop", "kind", "--n-components", "1,2", "--criterion", "aic"]
    assert main([*words, "--max-iter", "5", "--out", str(out)]) == 0
    assert (out / "selection.csv").exists()
    assert main(["fit", "mixture-of-ppca", data, "--n-factors", "4", "--drop", "kind", "--out", str(out / "x")]) == 2
    assert "--n-factors=4 was given for 4 columns" in capsys.readouterr().err


def test_images_and_rotated_factors_have_pictures(tmp_path):
    draw = np.random.default_rng(0)
    images = draw.random((200, 2)) @ draw.random((2, 16)) + 0.1 * draw.standard_normal((200, 16))
    fitted = FactorAnalysis(2, rotation="oblimin").fit(images)
    page = write_report(fitted, images, tmp_path / "report.html", image_shape=(4, 4)).read_text()
    assert "Components as images" in page
    assert "Factor analysis with 2 components, oblimin rotation" in page


def test_displays_draw_estimators(rows):
    filled = np.nan_to_num(rows)
    fitted = PPCA(2).fit(filled)
    scree = ScreeDisplay.from_estimator(fitted, ax=Figure().subplots())
    np.testing.assert_allclose(scree.eigenvalues, np.sort(np.linalg.eigvalsh(np.cov(filled.T, bias=True)))[::-1])
    loadings = LoadingsDisplay.from_estimator(fitted, feature_names=NAMES, ax=Figure().subplots())
    whole = np.diagonal(fitted.get_covariance())
    np.testing.assert_allclose(np.square(loadings.loadings).sum(1) + fitted.noise_variance_ / whole, 1)
    pairs = ReconstructionDisplay.from_estimator(fitted, filled[:5], ax=Figure().subplots())
    assert pairs.ax_.images[0].get_array().shape == (5, 9)
    images = ReconstructionDisplay.from_estimator(fitted, filled[:5], image_shape=(2, 2), ax=Figure().subplots())
    assert images.ax_.images[0].get_array().shape == (8, 20)
