"""Standard errors on the command line, in a file and on the page."""

import csv

import numpy as np
import pytest

from suffice import CategoricalMixture
from suffice.cli import main


@pytest.fixture
def survey(tmp_path):
    draw = np.random.default_rng(0)
    chance = np.where(draw.random((150, 1)) < 0.5, 0.8, 0.2)
    answers = np.array(["no", "yes"])[(draw.random((150, 4)) < chance).astype(int)]
    path = tmp_path / "survey.csv"
    path.write_text("\n".join([",".join("abcd"), *(",".join(row) for row in answers)]))
    return path, answers


def test_errors_are_in_a_file_and_on_the_page(survey, tmp_path, capsys):
    path, answers = survey
    words = [
        "fit",
        "categorical-mixture",
        path,
        "--n-components",
        "2",
        "--standard-errors",
        "observed",
        "--out",
        tmp_path / "run",
    ]
    assert main([str(word) for word in words]) == 0
    assert "standard_errors.csv" in capsys.readouterr().out
    with (tmp_path / "run" / "standard_errors.csv").open() as file:
        lines = list(csv.DictReader(file))
    errors = CategoricalMixture(2, random_state=0).fit(answers).standard_errors(answers)
    assert float(lines[0]["standard_error"]) == pytest.approx(errors["weights_"][0], rel=1e-6)
    assert lines[2]["parameter"] == "a = no, component 0"
    assert float(lines[2]["standard_error"]) == pytest.approx(errors["probabilities_"][0][0, 0], rel=1e-6)
    assert float(lines[2]["low"]) < float(lines[2]["estimate"]) < float(lines[2]["high"])
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Standard errors" in page
    assert "b = yes, component 1" in page


def test_unknown_methods_are_refused(tmp_path, capsys):
    rows = np.random.default_rng(0).standard_normal((30, 3))
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="x,y,z", comments="")
    words = [
        "fit",
        "gaussian-mixture",
        tmp_path / "rows.csv",
        "--out",
        tmp_path / "run",
        "--standard-errors",
        "sandwich",
    ]
    assert main([str(word) for word in words]) == 2
    assert "sandwich" in capsys.readouterr().err
