"""The command line keeps its word: columns go by name, nothing is lost or replaced unasked, and what is there is said."""

import csv
import html
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import typer

import suffice
from suffice import GaussianMixture
from suffice.cli import main
from suffice.cli.main import application
from suffice.cli.partial import part_of
from suffice.cli.run_folder import run_folder
from suffice.files import load
from suffice.report.advice import to_try
from suffice.report.mixtures.story import MixtureStory
from suffice.runtime import progress

NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def write(path, rows, header):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    """Rows of two kinds, with an id, a time, and a class that some lack; and runs of a mixture and a classifier."""
    folder = tmp_path_factory.mktemp("flowers")
    draw = np.random.default_rng(0)
    kind = np.repeat([0, 1], 20)
    rows = draw.normal(size=(40, 4)).round(3) + 6.0 * kind[:, None]
    told = [[f"r{i}", f"2020-01-01 {i // 2:02}:00", *row, "ab"[k] if i % 7 else ""]
            for i, (row, k) in enumerate(zip(rows.tolist(), kind, strict=True))]  # fmt: skip
    table = write(folder / "all.csv", told, ["id", "time", *NAMES, "kind"])
    same = write(folder / "same.csv", rows.tolist(), NAMES)
    mixture, classifier = folder / "mixture", folder / "classifier"
    assert main(["fit", "gaussian-mixture", same, "--n-components", "2", "--out", str(mixture)]) == 0
    words = ["fit", "gaussian-classifier", table, "--drop", "id", "--target", "kind", "--out", str(classifier)]
    assert main(words) == 0
    return SimpleNamespace(
        folder=folder, rows=rows, table=table, same=same, mixture=str(mixture), classifier=str(classifier)
    )


def said(words, capsys, status):
    capsys.readouterr()
    assert main(words) == status
    return capsys.readouterr()


def test_reordered_columns_give_the_same_likelihood(flowers, capsys, tmp_path):
    turned = write(tmp_path / "turned.csv", flowers.rows[:, ::-1].tolist(), NAMES[::-1])
    first, second = (said(["score", flowers.mixture, path], capsys, 0).out for path in (flowers.same, turned))
    assert first.split(",")[0] == second.split(",")[0]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ([*NAMES[:3], "colour"], r"has no column 'petal_width'"),
        (["height", "weight", "age", "income"], r"'height', 'weight', 'age', 'income'"),
        (["Sepal_Length", *NAMES[1:]], r"'Sepal_Length' may be 'sepal_length'"),
    ],
)
def test_other_columns_are_refused_with_their_names(flowers, capsys, tmp_path, names, says):
    path = write(tmp_path / "other.csv", flowers.rows.tolist(), names)
    for words in (
        ["score", flowers.mixture, path],
        ["impute", flowers.mixture, path, "--out", str(tmp_path / "o.csv")],
    ):
        assert says in said(words, capsys, 2).err


def test_positions_count_where_the_file_has_no_names_and_extra_columns_are_said(flowers, capsys, tmp_path):
    np.save(tmp_path / "rows.npy", flowers.rows)
    line = said(["score", flowers.mixture, flowers.same], capsys, 0).out.split(",")[0]
    assert said(["score", flowers.mixture, str(tmp_path / "rows.npy")], capsys, 0).out.startswith(line)
    assert (
        "Not used, as the model has no such columns: 'id', 'time', 'kind'."
        in said(["score", flowers.mixture, flowers.table], capsys, 0).err
    )


def test_predictions_have_every_class_kept_columns_and_accuracy_of_what_is_labelled(flowers, capsys, tmp_path):
    out = tmp_path / "predicted.csv"
    words = ["predict", flowers.classifier, flowers.table, "--target", "kind", "--keep", "id,time", "--out", str(out)]
    heard = said(words, capsys, 0).out
    table = rows_of(out)
    assert list(table[0]) == ["row", "id", "time", "class", "probability_a", "probability_b"]
    assert [row["id"] for row in table] == [f"r{i}" for i in range(40)]
    assert table[1]["time"] == "2020-01-01 00:00"
    model = load(flowers.classifier + "/model.safetensors")
    del model.feature_names_in_  # plain arrays follow
    np.testing.assert_allclose([float(row["probability_a"]) for row in table], model.predict_proba(flowers.rows)[:, 0])
    right = sum(row["class"] == "ab"[i // 20] for i, row in enumerate(table) if i % 7)
    assert f"{right} of 34 rows are told as kind has them" in heard
    assert "6 rows have no kind and are not counted" in heard
    answer = json.loads(said([*words, "--overwrite", "--format", "json"], capsys, 0).out)
    assert answer["accuracy"] == right / 34
    assert list(rows_of_text(said(["predict", flowers.mixture, flowers.same], capsys, 0).out)[0]) == [
        "row", "component", "probability_0", "probability_1",
    ]  # fmt: skip


def rows_of_text(text):
    return list(csv.DictReader(text.splitlines()))


def test_kept_cells_stand_as_they_stood(flowers, capsys, tmp_path):
    told = [[f"00{i}", *row] for i, row in enumerate(flowers.rows[:5].tolist())]
    table = write(tmp_path / "ids.csv", told, ["id", *NAMES])
    said(["predict", flowers.mixture, table, "--keep", "id", "--out", str(tmp_path / "p.csv")], capsys, 0)
    assert [row["id"] for row in rows_of(tmp_path / "p.csv")] == [f"00{i}" for i in range(5)]
    assert "--target" in said(["predict", flowers.mixture, table, "--target", "id"], capsys, 2).err


def test_unlabelled_rows_help_a_classifier(flowers):
    model = load(flowers.classifier + "/model.safetensors")
    assert model.classes_.tolist() == ["a", "b"]
    assert model.unlabelled == "(none)"


@pytest.mark.parametrize("command", ["score", "sample", "impute", "predict"])
def test_files_are_never_replaced_unasked(flowers, capsys, tmp_path, command):
    out = tmp_path / "data.csv"
    content = Path(flowers.same).read_bytes()
    out.write_bytes(content)
    words = [command, flowers.mixture, *([] if command == "sample" else [str(out)]), "--out", str(out)]
    assert "--overwrite" in said(words, capsys, 2).err
    assert out.read_bytes() == content
    assert main([*words, "--overwrite"]) == 0
    assert out.read_bytes() != content or command == "impute"
    assert os.listdir(tmp_path) == ["data.csv"]


def test_a_time_stands_where_it_stood_after_imputing(flowers, tmp_path):
    table = rows_of(flowers.table)
    table[3]["petal_width"] = ""
    path = write(tmp_path / "gaps.csv", [row.values() for row in table], table[0])
    assert main(["impute", flowers.mixture, path, "--out", str(tmp_path / "out.csv")]) == 0
    filled = rows_of(tmp_path / "out.csv")
    assert [row["time"] for row in filled] == [row["time"] for row in table]
    assert [row["id"] for row in filled] == [row["id"] for row in table]
    assert filled[3]["petal_width"] != ""


def test_a_report_that_cannot_be_drawn_costs_no_model(flowers, monkeypatch, capsys, tmp_path):
    def broken(*arguments):
        raise ZeroDivisionError("no picture")

    monkeypatch.setattr(MixtureStory, "page", broken)
    heard = said(["fit", "gaussian-mixture", flowers.same, "--out", str(tmp_path / "run")], capsys, 0)
    assert sorted(os.listdir(tmp_path / "run")) == ["assignments.csv", "model.safetensors", "trace.csv"]
    assert heard.err.count("warning") == 1
    assert "the report could not be written (no picture)" in heard.err


def test_one_picture_that_fails_leaves_the_others(flowers, monkeypatch, capsys, tmp_path):
    from suffice.report.mixtures import pictures

    def _weights(*arguments):
        raise OverflowError("too large")

    monkeypatch.setattr(pictures, "_weights", _weights)
    heard = said(["fit", "gaussian-mixture", flowers.same, "--out", str(tmp_path / "run")], capsys, 0)
    assert "The picture of weights could not be drawn (too large)" in heard.err
    assert "Climb of every restart" in (tmp_path / "run" / "report.html").read_text()


def test_a_new_run_has_no_files_of_the_old_one_and_no_others_are_lost(flowers, capsys, tmp_path):
    out = tmp_path / "run"
    words = ["fit", "gaussian-mixture", flowers.same, "--out", str(out)]
    assert main([*words, "--n-components", "1-2"]) == 0
    assert (out / "selection.csv").exists()
    assert main([*words, "--overwrite"]) == 0
    assert sorted(os.listdir(out)) == ["assignments.csv", "model.safetensors", "report.html", "trace.csv"]
    (out / "thesis.txt").write_text("mine")
    assert "holds files that no run wrote (thesis.txt)" in said([*words, "--overwrite"], capsys, 2).err
    assert (out / "thesis.txt").read_text() == "mine"


def test_two_writers_to_one_folder_are_told_and_what_the_dead_left_goes(tmp_path):
    out = tmp_path / "run"
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    left = tmp_path / f".run.{other.pid}.part"
    left.mkdir()
    with pytest.raises(FileExistsError, match=f"process {other.pid}"), run_folder(out):
        pass
    other.communicate(b"\n")
    with run_folder(out) as folder:
        (folder / "model.safetensors").write_text("whole")
    assert os.listdir(tmp_path) == ["run"]
    assert part_of(out).name == f".run.{os.getpid()}.part"


def test_what_is_missing_is_named_by_value_and_by_column(flowers, capsys, tmp_path):
    path = write(tmp_path / "marked.csv", [[1, 2], [-9, 3], [999999, 5], [4, -9]], ["a", "income"])
    words = ["fit", "gaussian-mixture", path, "--missing", "-9,a=999999", "--out", str(tmp_path / "run")]
    assert "3 missing cells" in said(words, capsys, 0).out


def test_quiet_json_and_versions(flowers, capsys, tmp_path):
    assert said(["--version"], capsys, 0).out == f"suffice {suffice.__version__}\n"
    heard = said(["score", flowers.mixture, flowers.same, "--quiet"], capsys, 0)
    assert (heard.out, heard.err) == ("", "")
    told = json.loads(said(["score", flowers.mixture, flowers.same, "--format", "json"], capsys, 0).out)
    assert told["rows"] == 40
    words = ["fit", "gaussian-mixture", flowers.same, "--out", str(tmp_path / "run"), "--format", "json"]
    told = json.loads(said(words, capsys, 0).out)
    assert told["converged"] is True
    assert "model.safetensors" in told["files"]
    assert {"plot", "data", "GaussianMixture"} <= set(dir(suffice))


def test_several_files_patterns_and_the_standard_input_are_tables(flowers, capsys, tmp_path, monkeypatch):
    for number in range(2):
        write(tmp_path / f"part{number}.csv", flowers.rows[20 * number : 20 * number + 20].tolist(), NAMES)
    whole = said(["score", flowers.mixture, flowers.same], capsys, 0).out.split(",")[0]
    for given in ([str(tmp_path / "part*.csv")], [str(tmp_path / "part0.csv"), str(tmp_path / "part1.csv")]):
        assert said(["score", flowers.mixture, *given], capsys, 0).out.split(",")[0] == whole
    command = [sys.executable, "-m", "suffice", "score", flowers.mixture, "-"]
    with open(flowers.same, "rb") as rows:
        done = subprocess.run(command, input=rows.read(), capture_output=True, check=True)
    assert done.stdout.decode().split(",")[0] == whole


def test_options_come_from_a_file_and_unknown_ones_are_refused(flowers, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suffice.toml").write_text("[fit.gaussian-mixture]\nn-components = 2\nmissing = [-9, 99]\n")
    assert "2 components" in said(["fit", "gaussian-mixture", flowers.same, "--out", "run"], capsys, 0).out
    words = ["fit", "gaussian-mixture", flowers.same, "--out", "run", "--overwrite", "--n-components", "1"]
    assert "1 component" in said(words, capsys, 0).out
    (tmp_path / "other.toml").write_text("[fit.gaussian-mixture]\nn-component = 2\n")
    assert (
        "fit.gaussian-mixture.n-component, which is not known"
        in said(["--settings", "other.toml", *words], capsys, 2).err
    )


def test_models_are_proposed_with_their_reasons(flowers, capsys, tmp_path):
    two = write(tmp_path / "two.csv", flowers.rows[:, :2].tolist(), NAMES[:2])
    heard = said(["fit", "--auto", two, "--out", str(tmp_path / "run")], capsys, 0)
    assert "The columns look like 2 gaussian" in heard.err
    assert "lowest BIC" in heard.out
    words = ["fit", "--auto", flowers.same, "--target", "petal_width", "--out", str(tmp_path / "other")]
    assert main(words) == 2
    table = [row for row in rows_of(flowers.table) if row["kind"]]
    labelled = write(
        tmp_path / "labelled.csv", [[row[name] for name in (*NAMES, "kind")] for row in table], [*NAMES, "kind"]
    )
    words = ["fit", "--auto", labelled, "--target", "kind", "--out", str(tmp_path / "classes")]
    assert "kept: " in said(words, capsys, 0).out
    assert (tmp_path / "classes" / "model.safetensors").exists()


def test_words_of_documents_are_told_apart_by_their_shares_too(capsys, tmp_path):
    draw = np.random.default_rng(0)
    topics = draw.integers(0, 2, 120)
    shares = draw.dirichlet(np.full(12, 0.2), 2)
    counts = [draw.multinomial(draw.integers(3, 20), shares[topic]).tolist() for topic in topics]
    names = [f"word{j}" for j in range(12)]
    told = [[*row, f"topic{topic}"] for row, topic in zip(counts, topics, strict=True)]
    words = write(tmp_path / "words.csv", told, [*names, "topic"])
    heard = said(["fit", "--auto", words, "--target", "topic", "--out", str(tmp_path / "run")], capsys, 0)
    assert "most counts are 0" in heard.err
    assert "MultinomialNaiveBayes: " in heard.out
    assert "NaiveBayes: " in heard.out
    many = [[*(cell + 1 for cell in row[:-1]), row[-1]] for row in told]
    full = write(tmp_path / "full.csv", many, [*names, "topic"])
    heard = said(["fit", "--auto", full, "--target", "topic", "--out", str(tmp_path / "other")], capsys, 0)
    assert "MultinomialNaiveBayes" not in heard.out


def options_of(command, path=()):
    """Every command below one, and each of its options that takes a value."""
    for name, own in getattr(command, "commands", {}).items():
        yield from options_of(own, (*path, name))
    for option in command.params:
        if option.param_type_name == "option" and not option.is_flag and option.name not in ("help", "settings"):
            yield path, option


def test_no_option_is_silently_dropped(capsys):
    options = {
        max(option.opts, key=len): (path, option) for path, option in options_of(typer.main.get_command(application()))
    }
    assert len(options) > 90
    for name, (path, option) in options.items():
        if not option.multiple:
            assert main([*path, name, "1", name, "2"]) == 2
            assert f"{name} was given 2 times" in capsys.readouterr().err, (path, name)
    assert {name for name, (_, option) in options.items() if option.multiple} == {"--missing", "--auto"}


def test_flags_may_be_said_again_and_contradictions_may_not(flowers, capsys, tmp_path):
    words = [
        "fit",
        "ppca",
        flowers.same,
        "--n-components",
        "1",
        "--out",
        str(tmp_path / "run"),
        "--overwrite",
        "--overwrite",
    ]
    assert main(words) == 0
    assert main([*words, "--header", "--no-header"]) == 2
    assert "--header was given 2 times" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes are of POSIX systems")
def test_ctrl_c_says_what_is_kept_and_readers_may_leave(flowers, tmp_path):
    big = write(tmp_path / "big.csv", np.random.default_rng(0).normal(size=(8000, 4)).tolist(), NAMES)
    words = [
        "fit",
        "gaussian-mixture",
        big,
        "--n-components",
        "30",
        "--tol",
        "0",
        "--max-iter",
        "100000",
        "--out",
        str(tmp_path / "run"),
    ]
    fit = subprocess.Popen([sys.executable, "-m", "suffice", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    kept = tmp_path / "run.checkpoint"
    while not kept.exists() and fit.poll() is None:  # iterations are under way once their state is kept
        time.sleep(0.05)
    fit.send_signal(signal.SIGINT)
    _, heard = fit.communicate(timeout=60)
    assert fit.returncode == 130
    assert b"interrupted" in heard
    assert b"Traceback" not in heard
    line = f"{sys.executable} -m suffice sample {flowers.mixture} --n 200000 | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, check=True)
    assert (done.stdout.count(b"\n"), done.stderr) == (1, b"")


def test_the_estimator_is_the_one_that_python_fits(flowers):
    model = load(flowers.mixture + "/model.safetensors")
    again = GaussianMixture(2, random_state=0).fit(flowers.rows)
    np.testing.assert_allclose(model.means_, again.means_)


def test_every_command_of_a_report_works_when_it_is_pasted(flowers, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "gaussian-mixture", flowers.same, "--n-components", "2", "--out", "run"]) == 0
    page = Path("run/report.html").read_text()
    commands = [
        html.unescape(re.sub(r"<[^>]+>", "", found)) for found in re.findall(r"<code>(.*?)</code></?[lb]", page)
    ]
    assert {shlex.split(command)[1] for command in commands} >= {"predict", "score", "impute", "sample"}
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command


def test_what_may_be_tried_goes_to_a_folder_of_its_own():
    command = ["suffice", "fit", "gaussian-mixture", "a.csv", "--out", "run", "--n-components", "2"]
    assert to_try(command, n_components=3) == ("suffice fit gaussian-mixture a.csv --out run-next --n-components 3",)


def test_long_work_off_a_terminal_says_how_far_it_is(flowers, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    words = ["fit", "gaussian-mixture", flowers.same, "--n-components", "3", "--out", str(tmp_path / "run")]
    assert re.search(r"^.+: \d+ of 1,000", said(words, capsys, 0).err, re.MULTILINE)
