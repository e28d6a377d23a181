"""``suffice fit rbm`` writes its folder; ``score``, ``sample``, ``impute`` and ``show`` use it, or say why they cannot."""

from pathlib import Path

import equinox as eqx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from suffice import RBM, RBMClassifier, RBMStack, load, save
from suffice.cli import main

ROWS = (np.random.default_rng(0).random((120, 6)) < np.linspace(0.1, 0.9, 6)).astype(int)
NAMES = ["a", "b", "c", "d", "e", "f"]


def written(path, rows):
    lines = [",".join(NAMES), *(",".join("" if cell != cell else f"{cell:g}" for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def table(path):
    return np.genfromtxt(path, delimiter=",", names=True)


def matrix(path):
    return np.stack([table(path)[name] for name in NAMES], axis=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return written(tmp_path_factory.mktemp("data") / "rows.csv", ROWS)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    words = ["fit", "rbm", data, "--n-hidden", "4", "--epochs", "2", "--image-shape", "2x3"]
    assert main([*words, "--validation-fraction", "0.2", "--out", str(out)]) == 0
    return str(out)


@pytest.fixture(scope="module")
def with_classes(tmp_path_factory):
    model = RBMClassifier(4, epochs=1, random_state=0).fit(ROWS, np.where(ROWS[:, 0] == 1, "left", "right"))
    return str(save(model, tmp_path_factory.mktemp("model") / "classes"))


def test_the_folder_holds_model_trace_and_report(run):
    out = Path(run)
    assert sorted(file.name for file in out.iterdir()) == ["model.safetensors", "report.html", "trace.csv"]
    page = (out / "report.html").read_text()
    assert "Filters" in page
    assert "exact" in page
    assert (out / "trace.csv").read_text().splitlines()[0].startswith('"epoch","reconstruction"')


def test_other_values_than_probabilities_are_refused_by_option(tmp_path, capsys):
    data = written(tmp_path / "rows.csv", 3 * ROWS)
    assert main(["fit", "rbm", data, "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "runs from 0 to 3" in said
    assert "--binarize" in said
    assert not (tmp_path / "run").exists()


def test_scores_are_those_of_the_model(run, data, tmp_path, capsys):
    model = load(f"{run}/model")
    del model.feature_names_in_
    assert main(["score", run, data, "--out", str(tmp_path / "rows.csv")]) == 0
    assert f"log-likelihood {model.score(ROWS):.6f} nats per row, 120 rows" in capsys.readouterr().out
    found = table(tmp_path / "rows.csv")
    np.testing.assert_allclose(found["log_likelihood"], model.score_samples(ROWS), rtol=1e-6)
    np.testing.assert_allclose(found["hidden3"], model.transform(ROWS)[:, 3], rtol=1e-6)
    np.testing.assert_array_equal(found["row"], np.arange(120))


def test_scores_of_a_stream_and_of_weighted_rows_are_those_of_the_rows(run, data, tmp_path, capsys):
    columns = dict(zip(NAMES, ROWS.T.astype(float), strict=True)) | {"w": np.arange(120.0)}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet", row_group_size=50)
    words = ["score", run, str(tmp_path / "rows.parquet"), "--weights", "w"]
    assert main([*words, "--in-memory"]) == main([*words, "--stream"]) == 0
    in_memory, streamed = capsys.readouterr().out.splitlines()
    assert in_memory == streamed
    model = load(f"{run}/model")
    del model.feature_names_in_
    assert f"{np.average(model.score_samples(ROWS), weights=np.arange(120)):.6f}" in streamed


def test_samples_are_rows_and_repeat(run, tmp_path, capsys):
    for name in ("first.csv", "second.csv"):
        assert main(["sample", run, "--n", "30", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "first.csv").read_bytes() == (tmp_path / "second.csv").read_bytes()
    drawn = matrix(tmp_path / "first.csv")
    assert drawn.shape == (30, 6)
    assert set(np.unique(drawn)) <= {0.0, 1.0}
    assert "not mixed" not in capsys.readouterr().err


def test_chains_that_have_not_mixed_are_told(tmp_path, capsys):
    """Two wells that no step of Gibbs sampling leaves."""
    model = RBM(1, epochs=1, n_chains=2, precision="float64", random_state=0).fit(ROWS)
    wells = np.full((6, 1), 40.0), np.r_[-19.0, np.full(5, -20.0)], np.array([-120.0])
    model.model_ = eqx.tree_at(lambda rbm: [rbm.weights, rbm.visible_bias, rbm.hidden_bias], model.model_, list(wells))
    model.chains_ = np.repeat(np.array([[0.0], [1.0]]), 6, axis=1)
    path = str(save(model, tmp_path / "stuck"))
    assert main(["sample", path, "--n", "2"]) == 0
    assert "have not mixed in 1,000 steps" in capsys.readouterr().err


def test_missing_cells_are_filled_and_others_kept(run, tmp_path, capsys):
    holes = ROWS.astype(float)
    holes[::7, 2] = np.nan
    data = written(tmp_path / "holes.csv", holes)
    assert main(["impute", run, data, "--out", str(tmp_path / "full.csv")]) == 0
    assert "18 missing cells are filled in" in capsys.readouterr().out
    full = matrix(tmp_path / "full.csv")
    np.testing.assert_array_equal(full[~np.isnan(holes)], holes[~np.isnan(holes)])
    assert ((full[::7, 2] > 0) & (full[::7, 2] < 1)).all()
    assert main(["impute", run, data, "--draws", "2", "--out", str(tmp_path / "draws.csv")]) == 0
    draws = matrix(tmp_path / "draws.csv")
    assert draws.shape == (240, 6)
    assert set(np.unique(draws)) <= {0.0, 1.0}
    assert main(["impute", run, data, "--std", str(tmp_path / "std.csv"), "--out", str(tmp_path / "b.csv")]) == 2
    assert "--draws in place of --std" in capsys.readouterr().err
    assert main(["score", run, data]) == 2
    assert "missing cells" in capsys.readouterr().err


def test_a_saved_machine_is_shown_by_its_largest_weights(run, capsys):
    assert main(["show", run]) == 0
    said = capsys.readouterr().out
    assert "restricted Boltzmann machine, 4 hidden units, 6 columns" in said
    weights = load(f"{run}/model").weights_
    unit = np.linalg.norm(weights, axis=0).argmax()
    column = np.abs(weights[:, unit]).argmax()
    first = said.splitlines()[4].split()
    assert first[0] == str(unit)
    assert first[3:5] == [NAMES[column], f"{weights[column, unit]:+.2f},"]


def test_units_of_categories_are_shown_by_column_and_value(tmp_path, capsys):
    model = RBM(2, "categorical", epochs=1, random_state=0).fit(ROWS[:, :2] + 5)
    assert main(["show", str(save(model, tmp_path / "model"))]) == 0
    assert "x0=5 " in capsys.readouterr().out


def test_a_machine_with_classes_writes_them_and_is_shown(with_classes, data, tmp_path, capsys):
    assert main(["score", with_classes, data, "--out", str(tmp_path / "classes.csv")]) == 0
    lines = [line.split(",") for line in (tmp_path / "classes.csv").read_text().splitlines()]
    model = load(with_classes)
    assert [line[1].strip('"') for line in lines[1:]] == model.predict(ROWS).tolist()
    assert float(lines[1][2]) == pytest.approx(model.predict_proba(ROWS[:1]).max())
    assert main(["show", with_classes]) == 0
    said = capsys.readouterr().out
    assert "2 classes" in said
    assert "class left" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "CLASSES", "DATA"], "write the classes with --out"),
        (["sample", "CLASSES"], "draws no rows"),
        (["impute", "CLASSES", "DATA", "--out", "x.csv"], "fills in no cells"),
    ],
)
def test_what_a_machine_with_classes_cannot_do_is_said(words, said, with_classes, data, capsys):
    assert main([{"CLASSES": with_classes, "DATA": data}.get(word, word) for word in words]) == 2
    assert said in capsys.readouterr().err


def test_a_saved_stack_is_no_model_of_a_run(tmp_path, capsys):
    stack = RBMStack([RBM(2, epochs=1, random_state=0)]).fit(ROWS)
    assert main(["show", str(save(stack, tmp_path / "stack"))]) == 2
    assert "holds a RBMStack; a model fitted to the columns of a table is expected" in capsys.readouterr().err
