"""Notebooks show how a fit ended and a picture of it; reports are written from Python by one public function."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import sklearn

import suffice
from suffice import PPCA, GaussianClassifier, GaussianMixture, write_report

ROWS = np.random.default_rng(0).normal(size=(60, 3))


@pytest.mark.parametrize(
    ("estimator", "target", "pictured"),
    [
        (GaussianMixture(2, random_state=0), (), True),
        (PPCA(1, algorithm="em", random_state=0), (), True),
        (GaussianClassifier(), (ROWS[:, 0] > 0,), False),
    ],
)
def test_a_fitted_estimator_shows_its_outcome_and_its_climb(estimator, target, pictured):
    assert "Converged" not in estimator._repr_mimebundle_()["text/html"]
    shown = estimator.fit(ROWS, *target)._repr_mimebundle_()["text/html"]
    assert estimator.outcome_.split(":")[0] in shown
    picture = shown[shown.rindex("<p>") :]
    assert ("<svg" in picture) == pictured
    if pictured:
        ET.fromstring(picture[picture.index("<svg") : picture.rindex("</svg>") + 6])
    with sklearn.config_context(display="text"):
        assert set(estimator._repr_mimebundle_()) == {"text/plain"}


def test_a_report_is_written_by_a_public_function(tmp_path):
    estimator = GaussianMixture(2, random_state=0).fit(ROWS)
    page = write_report(estimator, ROWS, tmp_path / "report.html").read_text()
    assert estimator.outcome_ in page
    assert suffice.__version__ in page
    with pytest.raises(sklearn.exceptions.NotFittedError):
        write_report(GaussianMixture(), ROWS, tmp_path / "none.html")
