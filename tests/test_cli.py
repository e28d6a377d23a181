"""The command line: files written, messages, exit statuses."""

import csv
import inspect
import os
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

from suffice import BernoulliMixture, GaussianMixture, choices
from suffice.cli import main
from suffice.cli.cache import turn_on_compilation_cache
from suffice.cli.options import Learning
from suffice.cli.run_folder import run_folder
from suffice.energy.grid.methods import METHODS
from suffice.estimators.classifiers.gaussian import FAMILIES
from suffice.files import load
from suffice.latent.factors.rotation import ROTATIONS
from suffice.latent.families.constrained_gaussian import GAUSSIANS
from suffice.latent.starts import STARTS
from suffice.nets.mlp import ACTIVATIONS
from suffice.runtime.precision import PRECISIONS

FILES = ["assignments.csv", "model.safetensors", "report.html", "trace.csv"]


def write_csv(path, rows, header):
    """A CSV file with names in its first line."""
    np.savetxt(path, rows, delimiter=",", header=",".join(header), comments="")
    return str(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two groups in columns a and b, their class and a weight beside them."""
    draw = np.random.default_rng(0)
    kind = np.repeat([0, 1], [30, 50])
    rows = draw.normal(size=(80, 2)) + 8.0 * kind[:, None]
    table = np.column_stack([rows, kind, 1.0 + kind])
    return write_csv(tmp_path_factory.mktemp("data") / "data.csv", table, ["a", "b", "kind", "times"])


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A finished run, and what it wrote is tested below."""
    out = tmp_path_factory.mktemp("out") / "run"
    words = ["fit", "gaussian-mixture", data, "--n-components", "2", "--n-init", "2", "--out", str(out)]
    assert main([*words, "--weights", "times", "--target", "kind"]) == 0
    return out


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_holds_its_four_files_and_nothing_else(run):
    assert sorted(file.name for file in run.iterdir()) == FILES
    assert [file.name for file in run.parent.iterdir()] == ["run"]


def test_assignments_have_a_line_for_each_row_that_agrees_with_the_model(run, data):
    table = rows_of(run / "assignments.csv")
    assert [int(line["row"]) for line in table] == list(range(80))
    rows = np.loadtxt(data, delimiter=",", skiprows=1)[:, :2]
    model = load(run / "model.safetensors")
    del model.feature_names_in_  # plain arrays follow
    np.testing.assert_allclose([float(line["log_likelihood"]) for line in table], model.score_samples(rows))
    assert len({line["component"] for line in table[:30]}) == 1


def test_the_trace_has_every_restart(run):
    table = rows_of(run / "trace.csv")
    assert {line["restart"] for line in table} == {"0", "1"}
    assert list(table[0]) == ["restart", "iteration", "log_likelihood"]


def test_the_saved_model_knows_its_columns(run):
    assert load(run / "model.safetensors").feature_names_in_.tolist() == ["a", "b"]


def test_the_report_compares_components_with_the_target(run):
    assert "Components against kind" in (run / "report.html").read_text()


def test_score_finds_the_columns_by_name_and_writes_each_row(run, data, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert main(["score", str(run), data, "--out", str(out)]) == 0
    assert "80 rows" in capsys.readouterr().out
    assert out.read_text() == (run / "assignments.csv").read_text()


def test_score_weighs_rows(run, tmp_path, capsys):
    rows, weights = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0)
    path = write_csv(tmp_path / "weighted.csv", np.c_[rows, weights], ["a", "b", "w"])
    assert main(["score", str(run), path, "--weights", "w"]) == 0
    model = load(run / "model.safetensors")
    del model.feature_names_in_  # plain arrays follow
    expected = np.average(model.score_samples(rows), weights=weights)
    assert f"log-likelihood {expected:.6f} nats" in capsys.readouterr().out


def test_sample_writes_rows_under_the_names_of_the_columns(run, tmp_path):
    out = tmp_path / "drawn.csv"
    assert main(["sample", str(run), "--n", "7", "--out", str(out)]) == 0
    table = rows_of(out)
    assert len(table) == 7
    assert list(table[0]) == ["a", "b", "component"]


def test_sample_repeats_for_a_seed(run, capfdbinary):
    outputs = []
    for seed in ("3", "3", "4"):
        assert main(["sample", str(run), "--n", "4", "--random-state", seed]) == 0
        outputs.append(capfdbinary.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]


def test_show_names_the_model_and_its_outcome(run, capsys):
    assert main(["show", str(run)]) == 0
    shown = capsys.readouterr().out
    assert "Gaussian mixture, 2 components" in shown
    assert "Converged" in shown


def refused(words, capsys):
    """The one line on standard error of a command that ends with status 2."""
    assert main([str(word) for word in words]) == 2
    line = capsys.readouterr().err
    assert "Traceback" not in line
    return line.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fit", "gausian", "x.csv"], "the models are gaussian-mixture, bernoulli-mixture"),
        (["fix"], "the commands are"),
        (["fit", "gaussian-mixture", "x.csv", "--component", "3"], "--n-components"),
        (["fit", "gaussian-mixture", "x.csv"], "--out"),
        (["fit", "gaussian-mixture"], "DATA"),
        (["fit", "gaussian-mixture", "x.csv", "--out", "r", "--n-components", "many"], "--n-components"),
        (["fit", "gaussian-mixture", "x.csv", "--out", "r", "--covariance-type", "round"], "spherical"),
        (["fit", "gaussian-mixture", "absent.csv", "--out", "r"], "absent.csv"),
        (["show", "absent"], "suffice fit MODEL DATA --out absent"),
    ],
)
def test_a_wrong_command_is_answered_in_one_line_that_says_what_exists(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert said in refused(words, capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("a,b\n1,2\n3,inf\n5,6\n", [], "1 cells are infinite, the first in row 1"),
        ("a,b\n1,2\n3,-inf\n5,6\n", [], "--drop b"),
        ("a,b,c\n1,,2\n3,,3\n5,,1\n", [], "every cell of b is missing"),
        ("a,b,w\n1,,1\n3,,2\n5,1,0\n", ["--weights", "w"], "every cell of b is missing"),
        ("a,b,w\n1,2,1\n3,4,\n5,6,1\n", ["--weights", "w"], "the weight of row 1 (counted from 0) is nan"),
        ("a,b\n1,2\n3,x\n5,6\n", [], "b"),
        ("a,b\n1,2\n3,4\n", ["--weights", "c"], "--weights c"),
        ("a,b\n1,2\n3,4\n", ["--columns", "a,z"], "z"),
        ("a,b\n1,2\n3,4\n", ["--n-components", "9"], "--n-components"),
        ("a,b\n1,2\n3,4\n", ["--array", "x"], "array"),
        ("a,b\n1,2\n3,4\n", ["--image-shape", "2x2"], "4 pixels, and a row has 2 columns"),
        ("a,b\n1,2\n3,4\n", ["--image-shape", "square"], "28x28"),
    ],
)
def test_data_that_cannot_be_fitted_are_refused_and_nothing_is_left(content, options, said, capsys, tmp_path):
    (tmp_path / "data.csv").write_text(content)
    words = ["fit", "gaussian-mixture", tmp_path / "data.csv", "--out", tmp_path / "run", *options]
    assert said in refused(words, capsys)
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


def test_values_other_than_zero_and_one_are_refused_with_the_option(data, capsys, tmp_path):
    assert "--binarize" in refused(["fit", "bernoulli-mixture", data, "--out", tmp_path / "run"], capsys)


def test_an_occupied_folder_is_refused_before_anything_is_read(run, capsys):
    words = ["fit", "gaussian-mixture", "absent.csv", "--out", run]
    assert "--overwrite" in refused(words, capsys)
    assert "absent.csv" in refused([*words, "--overwrite"], capsys)
    assert sorted(file.name for file in run.iterdir()) == FILES


def test_a_foreign_model_file_is_refused(run, capsys, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    assert "model.safetensors" in refused(["show", tmp_path], capsys)


def test_scoring_other_columns_is_refused_with_both_lists(run, capsys, tmp_path):
    other = write_csv(tmp_path / "other.csv", np.arange(12.0).reshape(4, 3) ** 2, ["x", "y", "z"])
    line = refused(["score", run, other], capsys)
    assert "'x', 'y', 'z'" in line
    assert "'a', 'b'" in line


def test_a_parquet_stream_gives_the_fit_of_the_table(tmp_path, data):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = np.loadtxt(data, delimiter=",", skiprows=1)
    parquet.write_table(
        pyarrow.table(dict(zip(["a", "b", "kind", "times"], table.T, strict=True))), tmp_path / "d.parquet"
    )
    for way in ("--stream", "--in-memory"):
        words = [
            "fit",
            "gaussian-mixture",
            str(tmp_path / "d.parquet"),
            way,
            "--out",
            str(tmp_path / way),
            "--tol",
            "1e-8",
        ]
        assert main([*words, "--n-components", "2", "--weights", "times", "--drop", "kind"]) == 0
    scores = [[float(line["log_likelihood"]) for line in rows_of(tmp_path / way / "assignments.csv")]
              for way in ("--stream", "--in-memory")]  # fmt: skip
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)


def test_interrupting_keeps_what_was_fitted(monkeypatch, data, tmp_path, capsys):
    finished = GaussianMixture.fit

    def interrupted(self, *arguments, **options):
        finished(self, *arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(GaussianMixture, "fit", interrupted)
    words = ["fit", "gaussian-mixture", data, "--n-components", "2", "--n-init", "2", "--out", str(tmp_path / "run")]
    assert main(words) == 130
    assert "interrupted: kept" in capsys.readouterr().err
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == FILES


def test_interrupting_before_anything_is_fitted_writes_nothing(monkeypatch, data, tmp_path, capsys):
    def interrupted(self, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(GaussianMixture, "fit", interrupted)
    assert main(["fit", "gaussian-mixture", data, "--out", str(tmp_path / "run")]) == 130
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_fails_half_way_is_not_left_behind(tmp_path):
    def fail():
        with run_folder(tmp_path / "run") as folder:
            (folder / "a").write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("estimator", [GaussianMixture, BernoulliMixture])
def test_defaults_are_those_of_the_estimators(estimator):
    expected = {name: p.default for name, p in inspect.signature(estimator).parameters.items()}
    for name, value in vars(Learning()).items():
        assert name == "random_state" or expected[name] == value


@pytest.mark.parametrize(
    ("choice", "known"),
    [
        (choices.CovarianceType, GAUSSIANS),
        (choices.ClassCovarianceType, FAMILIES),
        (choices.InitParams, STARTS),
        (choices.Rotation, ROTATIONS),
        (choices.Activation, ACTIVATIONS),
        (choices.IsingMethod, METHODS),
        (choices.Precision, PRECISIONS),
    ],
)
def test_the_choices_of_options_are_those_that_the_models_know(choice, known):
    assert set(get_args(choice)) == set(known)


def test_the_compilation_cache_respects_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", raising=False)
    turn_on_compilation_cache()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path)
    assert os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0"


def test_a_command_imports_only_what_it_needs():
    code = "import sys, suffice.cli; sys.exit(any(name in sys.modules for name in ('jax', 'sklearn', 'pyarrow', 'matplotlib')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "suffice"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "score" in done.stdout


@pytest.fixture(scope="module")
def gaps(tmp_path_factory):
    """Two groups in columns b, a and c with missing cells, and text that has nothing to do with them."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(60, 3)) + 6.0 * np.repeat([0, 1], [20, 40])[:, None]
    rows[draw.random(rows.shape) < 0.15] = np.nan
    lines = [",".join([f"mouse {i}", *("" if np.isnan(cell) else f"{cell:.17g}" for cell in row)])
             for i, row in enumerate(rows)]  # fmt: skip
    path = tmp_path_factory.mktemp("gaps") / "gaps.csv"
    path.write_text("\n".join(["who,b,a,c", *lines]) + "\n")
    return path, rows


@pytest.fixture(scope="module")
def gappy(gaps, tmp_path_factory):
    """A finished run on rows with missing cells; the model knows its columns in another order than the file."""
    out = tmp_path_factory.mktemp("out") / "run"
    words = ["fit", "gaussian-mixture", str(gaps[0]), "--columns", "a,b,c", "--n-components", "2", "--out", str(out)]
    assert main(words) == 0
    return out


def imputed(gappy, rows, **options):
    """What the saved model says of the rows of the file, in the order of its columns."""
    model = load(gappy / "model.safetensors")
    del model.feature_names_in_  # plain arrays follow
    found = model.impute(rows[:, [1, 0, 2]], **options)
    return [part[..., [1, 0, 2]] for part in (found if isinstance(found, tuple) else (found,))]


def cells_of(table, names):
    return np.array([[float(line[name]) for name in names] for line in table])


def test_missing_cells_are_counted_in_fit_and_score(gappy, gaps, capsys):
    count = np.isnan(gaps[1]).sum()
    assert main(["score", str(gappy), str(gaps[0])]) == 0
    assert f"60 rows of gaps.csv, {count} missing cells" in capsys.readouterr().out
    page = (gappy / "report.html").read_text()
    assert f"{count} (" in page
    assert "Imputed cells" in page


def test_impute_fills_in_the_table_and_keeps_the_rest_of_it(gappy, gaps, tmp_path, capsys):
    path, rows = gaps
    out, std = tmp_path / "full.csv", tmp_path / "std.csv"
    assert main(["impute", str(gappy), str(path), "--out", str(out), "--std", str(std)]) == 0
    assert f"{np.isnan(rows).sum()} missing cells are filled in" in capsys.readouterr().out
    table = rows_of(out)
    assert list(table[0]) == ["who", "b", "a", "c"]
    assert [line["who"] for line in table] == [f"mouse {i}" for i in range(60)]
    found = cells_of(table, ["b", "a", "c"])
    mean, deviation = imputed(gappy, rows, return_std=True)
    np.testing.assert_array_equal(found[~np.isnan(rows)], rows[~np.isnan(rows)])
    np.testing.assert_allclose(found, mean, rtol=1e-12)
    spread = rows_of(std)
    assert list(spread[0]) == ["b", "a", "c"]
    np.testing.assert_allclose(cells_of(spread, ["b", "a", "c"]), deviation, rtol=1e-12)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["full.csv", "std.csv"]


def test_impute_draws_complete_tables_one_below_another(gappy, gaps, tmp_path):
    path, rows = gaps
    outputs = []
    for seed in ("1", "1", "2"):
        words = ["impute", str(gappy), str(path), "--out", str(tmp_path / "draws.csv"), "--draws", "3", "--overwrite"]
        assert main([*words, "--random-state", seed]) == 0
        outputs.append(rows_of(tmp_path / "draws.csv"))
    assert outputs[0] == outputs[1] != outputs[2]
    assert list(outputs[0][0]) == ["draw", "who", "b", "a", "c"]
    assert [line["draw"] for line in outputs[0]] == np.repeat(["1", "2", "3"], 60).tolist()
    drawn = cells_of(outputs[0], ["b", "a", "c"]).reshape(3, 60, 3)
    gap = np.isnan(rows)
    np.testing.assert_array_equal(drawn[:, ~gap], np.broadcast_to(rows[~gap], (3, (~gap).sum())))
    assert (np.ptp(drawn[:, gap], axis=0) > 0).all()


def test_impute_keeps_row_numbers_and_a_table_without_gaps(run, tmp_path):
    (tmp_path / "data.csv").write_text("rownames,a,b\n1,0.5,1\n2,7,8\n")
    assert main(["impute", str(run), str(tmp_path / "data.csv"), "--out", str(tmp_path / "out.csv")]) == 0
    assert rows_of(tmp_path / "out.csv") == rows_of(tmp_path / "data.csv")


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("a,b,c\n1,,3\n", ["--std", "s.csv", "--draws", "2"], "give one of the two"),
        ("a,b,c\n1,,3\n", ["--std", "out.csv"], "name two files"),
        ("a,b,c\n1,inf,3\n", [], "columns b"),
        ("a,b\n1,2\n", [], "has no column 'c'; the model was fitted to 3 columns, 'a', 'b', 'c'"),
        ("draw,a,b,c\n1,1,,3\n", ["--draws", "2"], "rename it"),
        ("a,b,c\n1,,3\n", ["--draws", "0"], "--draws"),
        ("a,b,c\n1,,3\n", ["--out", "absent/out.csv"], "no folder absent"),
        ("a,b,c\n1,,3\n", ["--out", "."], "is a folder"),
    ],
)
def test_impute_refuses_what_it_cannot_do_and_leaves_nothing(
    content, options, said, gappy, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(content)
    out = [] if "--out" in options else ["--out", "out.csv"]
    assert said in refused(["impute", gappy, "data.csv", *out, *options], capsys)
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


def test_streams_take_missing_cells_like_tables(gaps, gappy, tmp_path, capsys):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = gaps[1]
    table = pyarrow.table(
        {name: pyarrow.array(column, from_pandas=True) for name, column in zip("bac", rows.T, strict=True)}
    )
    parquet.write_table(table, tmp_path / "gaps.parquet")
    path = str(tmp_path / "gaps.parquet")
    assert (
        main(["fit", "gaussian-mixture", path, "--stream", "--n-components", "2", "--out", str(tmp_path / "run")]) == 0
    )
    assert f"{np.isnan(rows).sum()} missing cells" in capsys.readouterr().out
    assert main(["impute", str(gappy), path, "--stream", "--out", str(tmp_path / "out.csv")]) == 0
    found = rows_of(tmp_path / "out.csv")
    np.testing.assert_allclose(cells_of(found, ["b", "a", "c"]), imputed(gappy, rows)[0], rtol=1e-12)


def test_cells_that_a_binary_model_cuts_at_a_threshold_stay_as_they_were(tmp_path):
    rows = np.random.default_rng(0).integers(0, 9, (40, 3)).astype(float)
    rows[::5, 1] = np.nan
    np.save(tmp_path / "counts.npy", rows)
    run, out = str(tmp_path / "run"), tmp_path / "out.csv"
    words = ["fit", "bernoulli-mixture", str(tmp_path / "counts.npy"), "--binarize", "4", "--out", run]
    assert main(words) == 0
    assert main(["impute", run, str(tmp_path / "counts.npy"), "--out", str(out)]) == 0
    found = cells_of(rows_of(out), ["x0", "x1", "x2"])
    np.testing.assert_array_equal(found[~np.isnan(rows)], rows[~np.isnan(rows)])
    share = (rows[~np.isnan(rows[:, 1]), 1] > 4).mean()
    np.testing.assert_allclose(found[::5, 1], share, rtol=1e-2)


KINDS_FILES = {
    "categorical-mixture": ["island", "sex"],
    "mixed-mixture": ["mass", "island", "sex", "eggs", "year"],
    "poisson-mixture": ["eggs", "chicks"],
}


@pytest.fixture(scope="module")
def penguins(tmp_path_factory):
    """Three groups in columns of text, numbers and counts with gaps, their kind and a weight beside them."""
    draw = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], 30)
    lines = [
        {"kind": "ABC"[k], "mass": f"{3 + k + 0.2 * draw.normal():.2f}", "island": ["Biscoe, south", "Dream", "?"][k],
         "sex": draw.choice(["f", "m", ""]), "eggs": draw.poisson(2 + 5 * k), "chicks": draw.choice(["1", "7", ""]),
         "year": draw.integers(2007, 2010), "times": 1 + k}
        for k in kind
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("penguins") / "penguins.csv"
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return str(path)


@pytest.fixture(scope="module", params=sorted(KINDS_FILES))
def labelled(request, penguins, tmp_path_factory):
    """A run of each of these models, and the names of its columns."""
    out, columns = tmp_path_factory.mktemp("labelled") / "run", KINDS_FILES[request.param]
    words = ["fit", request.param, penguins, "--columns", ",".join(columns), "--weights", "times", "--out", str(out)]
    if request.param == "mixed-mixture":
        words += ["--kinds", "year=categorical"]
    assert main([*words, "--n-components", "2", "--target", "kind", "--tol", "0.01"]) == 0
    return out, columns


def test_models_of_labels_and_counts_write_a_run_too(labelled, penguins, tmp_path, capsys):
    run, columns = labelled
    assert sorted(file.name for file in run.iterdir()) == FILES
    assert load(run / "model.safetensors").feature_names_in_.tolist() == columns
    page = (run / "report.html").read_text()
    assert "Components against kind" in page
    assert ("Detected as categorical" in page) == ("mass" in columns)
    assert main(["score", str(run), penguins, "--out", str(tmp_path / "scores.csv")]) == 0
    assert (tmp_path / "scores.csv").read_text() == (run / "assignments.csv").read_text()
    capsys.readouterr()
    assert main(["show", str(run)]) == 0
    shown = capsys.readouterr().out
    assert any(f"{name} = " in shown for name in ("island", "sex")) == ("sex" in columns)


def test_labels_come_back_as_text(labelled, penguins, tmp_path):
    run, columns = labelled
    out = tmp_path / "drawn.csv"
    assert main(["sample", str(run), "--n", "20", "--out", str(out)]) == 0
    drawn = rows_of(out)
    assert list(drawn[0]) == [*columns, "component"]
    known = {"island": {"Biscoe, south", "Dream"}, "sex": {"f", "m"}, "year": {"2007", "2008", "2009"}}
    for name in known.keys() & set(columns):
        assert {line[name] for line in drawn} <= known[name]


@pytest.mark.parametrize("draws", [[], ["--draws", "2"]])
def test_labels_are_imputed_and_known_cells_stay(labelled, penguins, tmp_path, draws):
    run, columns = labelled
    out = tmp_path / "full.csv"
    assert main(["impute", str(run), penguins, "--out", str(out), *draws]) == 0
    before, after = rows_of(penguins), rows_of(out)
    assert len(after) == len(before) * (2 if draws else 1)
    for old, new in zip(before * 2, after, strict=False):
        for name, cell in old.items():
            if cell in ("", "?"):
                assert (new[name] != "") == (name in columns)
            elif name == "mass":
                assert float(new[name]) == float(cell)
            else:
                assert new[name] == cell


@pytest.mark.parametrize("labelled", ["categorical-mixture", "mixed-mixture"], indirect=True)
@pytest.mark.filterwarnings("default::suffice.data.UnknownCategoryWarning")
def test_labels_that_the_fit_did_not_know_are_said_and_left_as_they_are(labelled, tmp_path, capsys):
    run, columns = labelled
    path, cells = tmp_path / "new.csv", {"mass": "3.1", "island": "Torgersen", "sex": "f", "eggs": "2", "year": "2008"}
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(
            [{name: cells[name] for name in columns}, {name: cells[name] for name in columns} | {"sex": ""}]
        )
    assert main(["impute", str(run), str(path), "--out", str(tmp_path / "out.csv")]) == 0
    said = capsys.readouterr().err
    assert said.count("warning: 2 cells of column 'island', such as 'Torgersen' in row 0") == 1
    assert "labels.py" not in said
    assert [line["island"] for line in rows_of(tmp_path / "out.csv")] == ["Torgersen", "Torgersen"]


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--kinds", "a=round"], "'round'"),
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--kinds", "c=gaussian"], "'c'"),
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--kinds", "gaussian"], "name=value"),
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--kinds", "a=gaussian,a=poisson"], "named twice"),
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--image-shape", "1x2"], "--image-shape 1x2"),
        ("a,b\n1,x\n2,y\n", ["mixed-mixture", "--weights", "b"], "--weights b names a column of text"),
        ("a,b\n1,x\n2,y\n", ["categorical-mixture", "--n-components", "3"], "--n-components"),
        ("a,b\n1,\n2,\n", ["categorical-mixture"], "'b'"),
        ("a,b\n1,x\n2,y\n", ["poisson-mixture"], "b"),
        ("a,b\n1,2\n2.5,3\n", ["poisson-mixture"], "Fractional values"),
        ("a,b\n1,2\n-1,3\n", ["poisson-mixture"], "Negative values"),
        ("a,b\n1,2\n3,3\n", ["poisson-mixture", "--weights-init", "half"], "numbers with commas"),
        (
            "a,b\n1,2\n3,3\n",
            ["poisson-mixture", "--weights-init", "0.5,0.9", "--n-components", "2"],
            "--weights-init sums to 1.4",
        ),
        ("a,b\n1,2\n3,3\n", ["poisson-mixture", "--frozen", "weights"], "--weights-init is None"),
        ("a,b\n1,2\n3,3\n", ["poisson-mixture", "--degenerate", "drop"], "'drop'"),
        ("a,b\n1,2\n3,3\n", ["poisson-mixture", "--degenerate", "remove", "--resume"], "leave out one of the two"),
    ],
)
def test_labels_and_counts_that_cannot_be_used_are_refused(content, words, said, capsys, tmp_path):
    (tmp_path / "data.csv").write_text(content)
    command = ["fit", words[0], tmp_path / "data.csv", *words[1:], "--out", tmp_path / "run"]
    assert said in refused(command, capsys)
    assert [file.name for file in tmp_path.iterdir()] == ["data.csv"]


def test_weights_can_be_held_and_degenerate_components_removed(tmp_path, capsys):
    write_csv(tmp_path / "data.csv", np.repeat([[0.0, 9.0], [9.0, 0.0]], 10, axis=0), ["a", "b"])
    command = ["fit", "poisson-mixture", tmp_path / "data.csv", "--n-components", "2"]
    held = [*command, "--weights-init", "0.25,0.75", "--frozen", "weights", "--out", tmp_path / "held"]
    assert main(list(map(str, held))) == 0
    assert load(tmp_path / "held" / "model").weights_.tolist() == [0.25, 0.75]
    removed = [*command, "--weights-init", "1,0", "--degenerate", "remove", "--out", tmp_path / "removed"]
    assert main(list(map(str, removed))) == 0
    assert "1 of 2" in capsys.readouterr().out
    assert len(load(tmp_path / "removed" / "model").weights_) == 1
