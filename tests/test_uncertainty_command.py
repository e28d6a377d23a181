"""What fitted models are asked for on the command line, in files and on pages: errors, tests, covariates, steps, pooling."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

import suffice
from suffice import CategoricalMixture
from suffice.cli import main
from suffice.files import load
from suffice.uncertainty import errors as computed


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


def test_the_bootstrap_refits_once(survey, tmp_path, monkeypatch):
    drawn, refits = [], computed.to_resampled_rows

    def counted(near, samples, generator):
        drawn.append(samples)
        return refits(near, 5, generator)

    monkeypatch.setattr(computed, "to_resampled_rows", counted)
    words = ["fit", "categorical-mixture", survey[0], "--n-components", "2", "--standard-errors", "bootstrap"]
    assert main([str(word) for word in [*words, "--out", tmp_path / "run"]]) == 0
    assert drawn == [400]


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


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Answers of two classes whose membership follows age, with an outcome, in a file; and a run of the classes."""
    draw, folder = np.random.default_rng(1), tmp_path_factory.mktemp("people")
    age = draw.normal(45, 12, 300).round(1)
    second = draw.random(300) < 1 / (1 + np.exp(-(age - 45) / 12))
    answers = np.where(draw.random((300, 5)) < np.where(second, 0.85, 0.15)[:, None], "yes", "no")
    sex = np.where(draw.random(300) < 0.5, "female", "male")
    visits = (second + draw.standard_normal(300)).round(3)
    lines = [",".join(["age", "sex", *"abcde", "visits"])]
    lines += [",".join(map(str, line)) for line in zip(age, sex, *answers.T, visits, strict=True)]
    (folder / "people.csv").write_text("\n".join(lines))
    words = ["fit", "categorical-mixture", folder / "people.csv", "--columns", "a,b,c,d,e", "--n-components", "2"]
    assert run(*words, "--out", folder / "run") == 0
    return folder, pd.DataFrame(answers, columns=[*"abcde"]), age, (sex == "male").astype(float), visits


def run(*words):
    return main([str(word) for word in words])


def loaded(folder):
    return load(folder / "model.safetensors")


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_covariates_are_fitted_shown_and_taken_again(people, tmp_path, capsys):
    folder, answers, age, male, _ = people
    words = ["fit", "categorical-mixture", folder / "people.csv", "--columns", "a,b,c,d,e", "--n-components", "1-2"]
    words += [
        "--covariates",
        "age,sex",
        "--standard-errors",
        "observed",
        "--bootstrap-test",
        "3",
        "--out",
        tmp_path / "run",
    ]
    assert run(*words) == 0
    assert "without the covariates" in capsys.readouterr().err
    Z = np.c_[age, male]
    expected = CategoricalMixture(2, random_state=0).fit(answers, covariates=Z)
    fitted = loaded(tmp_path / "run")
    np.testing.assert_allclose(fitted.membership_coefficients_, expected.membership_coefficients_, atol=1e-4)
    assert fitted.covariate_names_.tolist() == ["age", "sex = male"]
    errors = {
        line["parameter"]: float(line["standard_error"]) for line in read(tmp_path / "run" / "standard_errors.csv")
    }
    own = expected.standard_errors(answers, covariates=Z)["membership_coefficients_"]
    assert errors["sex = male, component 1"] == pytest.approx(own[1, 2], rel=1e-3)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Membership by covariates" in page
    capsys.readouterr()
    assert run("predict", tmp_path / "run", folder / "people.csv", "--out", tmp_path / "predicted.csv") == 0
    found = [float(line["probability_1"]) for line in read(tmp_path / "predicted.csv")]
    np.testing.assert_allclose(found, expected.predict_proba(answers, covariates=Z)[:, 1], atol=1e-4)
    assert run("score", tmp_path / "run", folder / "people.csv") == 0
    assert f"{expected.score(answers, covariates=Z):.3f}" in capsys.readouterr().out
    (tmp_path / "rest.csv").write_text(
        "\n".join(["a,b,c,d,e,age", *(f"{','.join(row)},40" for row in answers.to_numpy()[:5])])
    )
    assert run("predict", tmp_path / "run", tmp_path / "rest.csv") == 2
    assert "sex" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("covariates", "said"),
    [("height", "height"), ("sex", "one value only"), ("age", "missing")],
)
def test_covariates_that_cannot_be_used(covariates, said, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["a,b,age,sex", *(f"{n % 2},{n % 3 % 2},{n if n else ''},male" for n in range(30))]))
    words = ["fit", "bernoulli-mixture", path, "--columns", "a,b", "--n-components", "2", "--covariates", covariates]
    assert run(*words, "--out", tmp_path / "run") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_steps_after_a_fit_are_those_of_python(people, tmp_path, capsys):
    folder, answers, age, male, visits = people
    given = folder / "run", folder / "people.csv", "--out", tmp_path / "found.csv", "--report", tmp_path / "page.html"
    assert run("membership-regression", *given, "--covariates", "age,sex", "--correction", "ml") == 0
    classes = loaded(folder / "run")
    expected = suffice.membership_regression(classes, answers, np.c_[age, male], correction="ml")
    lines = read(tmp_path / "found.csv")
    assert [line["covariate"] for line in lines] == ["intercept", "age", "sex = male"]
    assert float(lines[1]["coefficient"]) == pytest.approx(expected.coefficients[1, 1], rel=1e-6)
    assert float(lines[1]["standard_error"]) == pytest.approx(expected.standard_errors[1, 1], rel=1e-6)
    assert "Wald tests" in (tmp_path / "page.html").read_text()
    assert run("distal-outcome", *given, "--outcome", "visits", "--overwrite") == 0
    means = suffice.distal_outcome(classes, answers, visits)
    assert [float(line["estimate"]) for line in read(tmp_path / "found.csv")] == pytest.approx(means.estimates)
    assert "ML correction" in capsys.readouterr().out
    assert run("distal-outcome", *given, "--outcome", "height", "--overwrite") == 2
    assert "height" in capsys.readouterr().err


@pytest.mark.filterwarnings("default::suffice.outcome.HeldParameterWarning")
def test_what_steps_after_a_fit_leave_out_hold_and_refuse_has_the_column_s_name(people, tmp_path, capsys):
    folder = people[0]
    head, *lines = (folder / "people.csv").read_text().splitlines()
    codes = np.where(loaded(folder / "run").predict(people[1]) == 1, "1", "0")
    more = [
        f"{line},{'' if k < 20 else k % 3},{1},{code}" for k, (line, code) in enumerate(zip(lines, codes, strict=True))
    ]
    (tmp_path / "more.csv").write_text("\n".join([f"{head},score,one,sure", *more]))
    given = folder / "run", tmp_path / "more.csv"
    assert run("distal-outcome", *given, "--outcome", "score") == 0
    assert "Left out: 20 without an outcome." in capsys.readouterr().out
    assert run("distal-outcome", *given, "--outcome", "one") == 2
    assert "--outcome one holds one value only" in capsys.readouterr().err
    page = tmp_path / "page.html"
    assert run("membership-regression", *given, "--covariates", "sure", "--report", page) == 0
    told = capsys.readouterr()
    assert "errors are 0" in told.err
    assert "held" in told.out
    assert "<td>held</td>" in re.sub(r"<td[^>]*>", "<td>", page.read_text())


def test_cells_are_told_by_their_labels_or_in_intervals(people, tmp_path, capsys):
    folder, answers, *_ = people
    assert run("cells", folder / "run", folder / "people.csv", "--column", "b", "--out", tmp_path / "cells.csv") == 0
    expected = loaded(folder / "run").cell_probabilities(answers, 1)[:, 1]
    found = [float(line["probability_yes"]) for line in read(tmp_path / "cells.csv")]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (
        run("fit", "gaussian-mixture", folder / "people.csv", "--columns", "age,visits", "--out", tmp_path / "run") == 0
    )
    words = ["cells", tmp_path / "run", folder / "people.csv", "--column"]
    assert run(*words, "age", "--level", "0.5", "--out", tmp_path / "ages.csv") == 0
    inside = [float(line["low"]) < 45 < float(line["high"]) for line in read(tmp_path / "ages.csv")]
    assert np.mean(inside) > 0.9
    assert run(*words, "height") == 2
    assert "no column of the model" in capsys.readouterr().err


def test_the_page_of_classes_reports_what_surveys_do(people, tmp_path, capsys):
    folder, answers, *_ = people
    words = ["fit", "categorical-mixture", folder / "people.csv", "--columns", "a,b,c,d,e", "--n-components", "2"]
    assert run(*words, "--bootstrap-test", "5", "--format", "json", "--out", tmp_path / "run") == 0
    told = json.loads(capsys.readouterr().out)
    classes = loaded(tmp_path / "run")
    assert told["figures"]["caic"] == pytest.approx(classes.caic(answers))
    assert told["figures"]["relative_entropy"] == pytest.approx(classes.relative_entropy(answers))
    assert "3 components fit better than 2" in told["further"][0]
    page = (tmp_path / "run" / "report.html").read_text()
    for title in ("Classification", "Bivariate residuals", "Absolute fit", "Bootstrap test of 2 against 3 components"):
        assert f"<h2>{title}</h2>" in page
    table = classes.classification_table(answers)
    assert f"{table[0, 1]:.3f}" in page
    assert f"{np.nanmax(classes.bivariate_residuals(answers)):.2f}" in page
    assert run(*words, "--bootstrap-test", "0", "--out", tmp_path / "other") == 2
    assert "--bootstrap-test" in capsys.readouterr().err


def test_factors_of_a_matrix(tmp_path, capsys):
    matrix = np.full((5, 5), 0.4) + 0.6 * np.eye(5)
    path = tmp_path / "matrix.csv"
    np.savetxt(path, matrix, delimiter=",", header=",".join("abcde"), comments="")
    words = ["fit", "factor-analysis", path, "--n-components", "1", "--n-rows"]
    assert run(*words, "100", "--parallel-analysis", "--out", tmp_path / "run") == 0
    assert "1 factor" in capsys.readouterr().out
    expected = suffice.FactorAnalysis(1).fit_covariance(matrix, n_rows=100).fit_statistics_
    found = {line["statistic"]: float(line["value"]) for line in read(tmp_path / "run" / "fit_statistics.csv")}
    assert found == pytest.approx(expected, abs=1e-9)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Fit to the covariances" in page
    assert "Parallel analysis" in page
    assert "Rows drawn from the model." in page
    assert "The log-likelihood of rows." not in page  # a matrix is none
    assert run("show", tmp_path / "run") == 0
    assert run(*words, "4", "--out", tmp_path / "few") == 2
    assert "too few" in capsys.readouterr().err
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2\n" * 3)
    assert run("fit", "factor-analysis", tmp_path / "rows.csv", "--n-rows", "9", "--out", tmp_path / "no") == 2
    assert "as many of both" in capsys.readouterr().err
    assert run(*words, "100", "--standard-errors", "observed", "--out", tmp_path / "no") == 2
    assert "needs rows" in capsys.readouterr().err


@pytest.mark.parametrize(("columns", "said"), [(4, "singular"), (3, "no degrees of freedom")])
def test_factors_whose_fit_cannot_be_tested_have_a_sentence(columns, said, tmp_path, capsys):
    matrix = np.full((columns, columns), 0.4) + 0.6 * np.eye(columns)
    matrix[:2, :2] = 1.0 if columns == 4 else matrix[:2, :2]
    np.savetxt(tmp_path / "matrix.csv", matrix, delimiter=",", header=",".join("abcd"[:columns]), comments="")
    words = ["fit", "factor-analysis", tmp_path / "matrix.csv", "--n-components", "1", "--n-rows", "99"]
    assert run(*words, "--out", tmp_path / "run") == 0
    told, page = capsys.readouterr().out, (tmp_path / "run" / "report.html").read_text()
    assert said in told
    assert said in page
    assert "nan" not in told + (tmp_path / "run" / "fit_statistics.csv").read_text()
    assert not re.search(r"\bnan\b", page)


def test_rows_have_fit_statistics_on_their_page(tmp_path):
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((90, 1)) + draw.standard_normal((90, 4))
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b,c,d", comments="")
    words = ["fit", "factor-analysis", tmp_path / "rows.csv", "--n-components", "1", "--parallel-analysis"]
    assert run(*words, "--out", tmp_path / "run") == 0
    page = (tmp_path / "run" / "report.html").read_text()
    found = suffice.FactorAnalysis(1).fit(rows).fit_statistics(rows)
    assert f"{found['chi2']:.4g} on 2 degrees of freedom" in page
    assert "Parallel analysis" in page


def test_tables_for_inference_are_drawn_and_pooled(tmp_path, capsys):
    draw = np.random.default_rng(0)
    rows = draw.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 80)
    lines = [f"{one:.6f},{'' if n % 3 == 0 else f'{other:.6f}'}" for n, (one, other) in enumerate(rows)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y", *lines]))
    assert run("fit", "gaussian-mixture", tmp_path / "rows.csv", "--out", tmp_path / "run") == 0
    words = [
        "impute",
        tmp_path / "run",
        tmp_path / "rows.csv",
        "--parameters",
        "drawn",
        "--out",
        tmp_path / "drawn.csv",
    ]
    assert run(*words, "--draws", "3") == 0
    tables = read(tmp_path / "drawn.csv")
    first, second = ([float(line["y"]) for line in tables if line["draw"] == k] for k in "12")
    assert len(first) == 80
    assert first[1::3] == second[1::3] == pytest.approx(rows[1::3, 1], abs=1e-6)
    assert not set(first[::3]) & set(second[::3])
    assert run(*words, "--overwrite") == 2
    assert "--draws 20" in capsys.readouterr().err
    (tmp_path / "slopes.csv").write_text("what,estimate,standard_error\nx,1,0.2\nx,1.2,0.2\nx,0.8,0.2\n")
    assert run("pool", tmp_path / "slopes.csv", "--by", "what", "--out", tmp_path / "pooled.csv") == 0
    expected = suffice.pool([1.0, 1.2, 0.8], [0.04] * 3)
    (line,) = read(tmp_path / "pooled.csv")
    assert float(line["standard_error"]) == pytest.approx(expected.standard_error[0])
    assert float(line["degrees_of_freedom"]) == pytest.approx(expected.degrees_of_freedom[0])
    (tmp_path / "slopes.csv").write_text("estimate,standard_error\n1,0.2\n")
    assert run("pool", tmp_path / "slopes.csv") == 2
    assert "at least two" in capsys.readouterr().err


def test_classifiers_have_errors_axes_and_costs(tmp_path, capsys):
    draw, kinds = np.random.default_rng(0), np.repeat(["ill", "so", "well"], 30)
    rows = (draw.standard_normal((90, 3)) + np.repeat([[0, 0, 0], [1, 0, 0], [0, 2, 0]], 30, 0)).round(6)
    lines = [",".join([*map(str, row), kind]) for row, kind in zip(rows, kinds, strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y,z,kind", *lines]))
    words = ["fit", "gaussian-classifier", tmp_path / "rows.csv", "--target", "kind", "--covariance-type", "tied"]
    assert run(*words, "--standard-errors", "observed", "--out", tmp_path / "run") == 0
    classifier = suffice.GaussianClassifier("tied").fit(rows, kinds)
    errors = classifier.standard_errors(rows, kinds)
    found = {
        line["parameter"]: float(line["standard_error"]) for line in read(tmp_path / "run" / "standard_errors.csv")
    }
    assert found["means_[0, 0]"] == pytest.approx(errors["means_"][0, 0], rel=1e-6)
    axes = [[float(line["axis0"]), float(line["axis1"])] for line in read(tmp_path / "run" / "predictions.csv")]
    np.testing.assert_allclose(axes, classifier.transform(rows), atol=1e-6)
    page = (tmp_path / "run" / "report.html").read_text()
    for title in ("Discriminant axes", "Calibration", "Standard errors"):
        assert title in page
    words = ["predict", tmp_path / "run", tmp_path / "rows.csv", "--out", tmp_path / "decided.csv", "--costs"]
    assert run(*words, "ill>so=20,ill>well=20") == 0
    costs = [[0, 20, 20], [1, 0, 1], [1, 1, 0]]
    assert [line["decision"] for line in read(tmp_path / "decided.csv")] == classifier.decide(rows, costs).tolist()
    capsys.readouterr()
    for given, said in (("ill>dead=3", "dead"), ("ill=3", "class>decision=cost"), ("ill>so=-1", "cheaper")):
        assert run(*words, given, "--overwrite") == 2
        assert said in capsys.readouterr().err


def test_shrinkage_is_found_by_rule_on_the_command_line(tmp_path, capsys):
    draw = np.random.default_rng(0)
    lines = [f"{x:.4f},{y:.4f},{'ab'[n % 2]}" for n, (x, y) in enumerate(draw.standard_normal((40, 2)))]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y,kind", *lines]))
    words = ["fit", "gaussian-classifier", tmp_path / "rows.csv", "--target", "kind", "--covariance-type", "tied"]
    assert run(*words, "--shrinkage", "oas", "--out", tmp_path / "run") == 0
    assert 0 < loaded(tmp_path / "run").shrinkage_ <= 1
    assert run(*words, "--shrinkage", "much", "--out", tmp_path / "other") == 2
    assert "ledoit_wolf" in capsys.readouterr().err
