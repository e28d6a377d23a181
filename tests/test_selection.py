"""Laws of a selection: what is compared, that more components never fit worse, and that nothing found is lost."""

import csv
import warnings

import numpy as np
import pandas as pd
import pytest
from estimators import having
from matplotlib.figure import Figure
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold

import suffice
from suffice import BernoulliMixture, GaussianMixture, select
from suffice.cli import main
from suffice.cli.parse import counts
from suffice.plot import SelectionDisplay
from suffice.report import section, write_report
from suffice.report.mixtures.advice import advice
from suffice.selection.held_out import standard_error
from suffice.selection.neighbour import _most_promising, _parted, best_fit
from suffice.selection.rows import Rows


def blobs(centres=(0.0, 6.0, 12.0), each=60, columns=2, seed=0):
    """Rows around points on the diagonal."""
    draw = np.random.default_rng(seed)
    return np.concatenate([draw.normal(centre, 1.0, (each, columns)) for centre in centres])


def gaussian(**settings):
    return GaussianMixture(**{"random_state": 0, "tol": 1e-4, "max_iter": 500} | settings)


def bits(seed=0):
    """Rows of two patterns with flips."""
    draw = np.random.default_rng(seed)
    pattern = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0]])[draw.integers(2, size=150)]
    return np.where(draw.random(pattern.shape) < 0.1, 1 - pattern, pattern)


@pytest.fixture(scope="module")
def found():
    return select(gaussian(), blobs(), n_components=range(1, 5), covariance_type=["full", "spherical"])


def test_the_best_is_the_lowest_bic_of_fitted_candidates(found):
    assert found.best is found.estimators[int(np.argmin(found.table["bic"]))]
    assert (found.best.n_components, found.best.covariance_type) == (3, "spherical")
    assert found.outcome.startswith("3 components, spherical: lowest BIC, ")


def test_the_table_holds_what_the_estimators_say(found):
    rows, table = blobs(), found.table
    for place, estimator in enumerate(found.estimators):
        for name in ("bic", "aic", "icl"):
            assert table[name][place] == pytest.approx(getattr(estimator, name)(rows))
        assert table["log_likelihood"][place] == pytest.approx(estimator.score(rows))
        assert table["parameters"][place] == estimator.model_.parameter_count()
        assert table["covariance_type"][place] == estimator.covariance_type
    assert len(found.to_frame()) == 8
    assert "held_out" not in table


@pytest.mark.parametrize("criterion", ["aic", "icl"])
def test_other_criteria_choose_their_own_lowest(criterion):
    chosen = select(gaussian(), blobs((0.0, 2.0)), n_components=[1, 2], criterion=criterion)
    assert chosen.best_index == int(np.argmin(chosen.table[criterion]))


@pytest.mark.parametrize("sizes", [[1, 2, 3, 4], [2, 4]])
def test_the_log_likelihood_does_not_fall_when_components_are_added(sizes):
    """From poor starts: rows drawn at random, once, and few iterations."""
    estimator = gaussian(init_params="random_from_data", n_init=1, tol=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ends = select(estimator, blobs((0.0, 4.0, 9.0), each=40), n_components=sizes).table["log_likelihood"]
    assert (np.diff(ends) > -1e-3).all()


def test_the_halves_of_a_component_raise_the_likelihood_by_their_gain_at_least():
    rows = Rows(blobs(), None, 0)
    neighbour = best_fit(gaussian(n_components=1), rows, None).estimator
    halves = _most_promising(neighbour, rows, 1)
    gain = halves[0].score(rows.rows) - neighbour.score(rows.rows)
    start = gaussian(n_components=2, max_iter=1, **_parted(neighbour, halves))
    with pytest.warns(ConvergenceWarning):
        start.fit(rows.rows)
    assert gain > 0.1
    assert start.lower_bound_ >= neighbour.score(rows.rows) + gain - 1e-9


@having("mixture", "select", "begins")
def test_a_component_taken_twice_leaves_the_density_as_it_is(row):
    neighbour = row.make(n_components=2, tol=1e-6, max_iter=999).fit(row.X)
    again = row.make(n_components=3, max_iter=1, **_parted(neighbour, {1: None}))
    with pytest.warns(ConvergenceWarning):
        again.fit(row.X)
    assert again.lower_bound_ == pytest.approx(neighbour.score(row.X), abs=1e-9)


def test_warm_starts_find_what_one_start_misses():
    rows = blobs(np.arange(6) * 8.0, each=40)
    alone = gaussian(n_components=6, init_params="random_from_data", random_state=4).fit(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = select(gaussian(init_params="random_from_data", random_state=4), rows, n_components=range(1, 7))
    truth = gaussian(n_components=6, means_init=rows.reshape(6, 40, 2).mean(1)).fit(rows).score(rows)
    assert alone.score(rows) < truth - 0.05
    assert found.estimators[-1].score(rows) > truth - 0.01
    assert found.table["start"][-1] == "split"
    assert len(found.estimators[-1].traces_) >= 2


def test_where_nothing_better_is_found_components_are_taken_twice(monkeypatch):
    monkeypatch.setattr("suffice.selection.neighbour._most_promising", lambda *_: {})
    rows = Rows(np.random.default_rng(0).normal(size=(200, 2)), None, 0)
    neighbour = best_fit(gaussian(n_components=1), rows, None)
    fit = best_fit(gaussian(n_components=2, init_params="random_from_data", tol=10.0), rows, neighbour)
    assert fit.start == "twins"
    assert len(fit.estimator.traces_) == 2
    assert fit.estimator.score(rows.rows) >= neighbour.estimator.score(rows.rows) - 1e-9


def test_the_best_keeps_its_parameters_whatever_it_started_from():
    rows = blobs(np.arange(4) * 8.0, each=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = select(gaussian(init_params="random_from_data", random_state=1), rows, n_components=range(1, 5))
    assert "split" in found.table["start"]
    for estimator in found.estimators:
        assert estimator.means_init is None
        assert (estimator.n_init, estimator.init_params) == (1, "random_from_data")


def test_the_same_seed_selects_the_same():
    tables = [select(gaussian(), blobs(), n_components=[1, 2, 3], cv=2).table for _ in range(2)]
    for name in set(tables[0]) - {"seconds"}:
        np.testing.assert_array_equal(tables[0][name], tables[1][name])


def test_weight_two_is_the_row_twice():
    rows, weight = blobs(), np.tile([1.0, 2.0], 90)
    weighted = select(gaussian(), rows, n_components=[1, 2, 3], sample_weight=weight)
    repeated = select(gaussian(), np.repeat(rows, weight.astype(int), axis=0), n_components=[1, 2, 3])
    for name in ("bic", "icl", "log_likelihood"):
        np.testing.assert_allclose(weighted.table[name], repeated.table[name], rtol=1e-6)


def test_a_stream_and_a_frame_select_like_the_array():
    rows = blobs()
    weight = np.linspace(0.5, 1.5, len(rows))
    whole = select(gaussian(), rows, n_components=[1, 2, 3], sample_weight=weight)
    stream = [(rows[:100], weight[:100]), (rows[100:], weight[100:])]
    frame = pd.DataFrame(rows, columns=["a", "b"])
    for other in (select(gaussian(), stream, n_components=[1, 2, 3]),
                  select(gaussian(), frame, n_components=[1, 2, 3], sample_weight=weight)):  # fmt: skip
        np.testing.assert_allclose(other.table["icl"], whole.table["icl"], rtol=1e-3)
    assert other.best.feature_names_in_.tolist() == ["a", "b"]


class NamedStream:
    """Batches with names of columns."""

    columns = ("a", "b")

    def __iter__(self):
        return iter(np.split(blobs(), 3))


def test_a_stream_with_names_splits_too():
    assert select(gaussian(), NamedStream(), n_components=[1, 2, 3]).best.n_components == 3


def test_large_data_are_split_on_a_sample(monkeypatch):
    monkeypatch.setattr("suffice.selection.rows.SAMPLE_ROWS", 50)
    rows, stream = Rows(blobs(), np.arange(180.0), 0), Rows(np.split(blobs(), 3), None, 0)
    assert rows.sample.shape == (50, 2)
    assert (blobs()[rows.sample_weight.astype(int)] == rows.sample).all()
    assert len(np.unique(stream.sample, axis=0)) == 50
    assert {tuple(row) for row in stream.sample} <= {tuple(row) for row in blobs()}


def test_held_out_rows_are_scored_by_fits_that_have_not_seen_them():
    rows = blobs()
    splits = list(KFold(3, shuffle=True, random_state=1).split(rows))
    found = select(gaussian(), rows, n_components=[2], criterion="held_out", cv=splits)
    expected = np.mean([gaussian(n_components=2).fit(rows[train]).score_samples(rows[test]) for train, test in splits])
    assert found.table["held_out"][0] == pytest.approx(expected)
    assert found.best.score(rows) == pytest.approx(gaussian(n_components=2).fit(rows).score(rows))


def test_held_out_takes_the_highest_and_says_what_cannot_be_told_apart():
    found = select(gaussian(), blobs(), n_components=[1, 3], max_iter=[500, 600], criterion="held_out", cv=5)
    table = found.table
    assert found.best_index == int(np.argmax(table["held_out"]))
    assert found.best.n_components == 3
    assert table["standard_error"][found.best_index] == 0
    assert "the two cannot be told apart" in found.outcome


def test_a_fifth_is_held_out_once_unless_said_otherwise():
    once, same, half = (
        select(gaussian(), blobs(), n_components=[1], criterion="held_out", **more).table["held_out"]
        for more in ({}, {"validation_fraction": 0.2}, {"validation_fraction": 0.5})
    )
    assert once == same != half


def test_another_criterion_chooses_beside_held_out_rows():
    found = select(gaussian(), blobs(), n_components=[1, 3], cv=2)
    assert np.isfinite(found.table["held_out"]).all()
    assert "BIC" in found.outcome


def test_the_standard_error_is_that_of_the_mean_and_of_repeated_rows():
    difference = np.random.default_rng(0).normal(size=200)
    assert standard_error(difference, np.ones(200)) == pytest.approx(difference.std() / np.sqrt(200))
    assert standard_error(difference, np.full(200, 7.0)) == pytest.approx(difference.std() / np.sqrt(200))


def test_families_and_settings_are_compared_in_one_list():
    listed = [gaussian(), gaussian(covariance_type="tied"), gaussian(covariance_type="tied", reg_covar=1e-2)]
    found = select(listed, blobs(), n_components=[1, 2])
    assert found.table["covariance_type"].tolist() == ["full"] * 2 + ["tied"] * 4
    assert found.table["reg_covar"].tolist() == [1e-6] * 4 + [1e-2] * 2
    assert len(set(SelectionDisplay.from_selection(found, ax=Figure().subplots()).settings)) == 3


def test_without_numbers_of_components_the_estimators_own_is_taken():
    found = select(gaussian(n_components=2), blobs(), covariance_type=["full", "diag"])
    assert found.table["n_components"].tolist() == [2, 2]


def test_a_candidate_that_cannot_be_fitted_is_a_row_with_the_reason():
    found = select(gaussian(covariance_type="spherical"), blobs()[::60], n_components=[1, 9])
    assert found.best.n_components == 1
    assert "n_samples=3" in found.table["note"][1]
    assert np.isnan(found.table["bic"][1])
    assert found.estimators[1] is None
    assert "1 candidate could not be fitted" in found.outcome


def test_degenerate_candidates_are_passed_over():
    rows = np.concatenate([blobs((0.0, 6.0)), np.full((3, 2), 20.0)])
    started = gaussian(means_init=[[0.0, 0.0], [6.0, 6.0], [20.0, 20.0]])
    found = select(started, rows, n_components=[3], covariance_type=["full", "tied"])
    assert found.best.covariance_type == "tied"
    assert found.table["bic"][0] < found.table["bic"][1]
    assert "collapsed: no spread" in found.table["note"][0]
    assert "lowest BIC of those without degenerate components" in found.outcome
    assert "1 candidate with degenerate components was passed over" in found.outcome


def test_a_sound_fit_goes_before_a_degenerate_one():
    rows = np.concatenate([blobs((0.0, 6.0)), np.full((3, 2), 20.0)])
    found = select(gaussian(init_params="k-means++"), rows, n_components=[1, 2, 3])
    assert found.table["sound"].all()
    assert found.table["start"][2] != "own"
    assert "ended higher and was set aside: Component" in found.table["note"][2]
    assert "set aside" in found.outcome


def test_where_all_are_degenerate_the_best_of_them_is_taken():
    rows = np.repeat(blobs((0.0, 9.0), each=1), 5, axis=0)
    found = select(gaussian(), rows, n_components=[2])
    assert "collapsed: no spread" in found.table["note"][0]
    assert "where all have degenerate components" in found.outcome
    assert found.best.n_components == 2


def test_a_flag_beside_clear_clusters_hides_none_of_them():
    draw = np.random.default_rng(0)
    clusters = np.concatenate([draw.normal(centre, 1.0, (100, 2)) for centre in ((0, 0), (8, 0), (0, 8))])
    rows = pd.DataFrame({"a": clusters[:, 0], "b": clusters[:, 1], "flag": (draw.random(300) < 0.3).astype(float)})
    found = select(gaussian(), rows, n_components=range(1, 6))
    assert found.best.n_components == 3
    assert "collapsed: no spread in column flag" in " ".join(found.table["note"])


@pytest.mark.parametrize("outlier", [100.0, -999.0])
def test_one_row_far_off_neither_wins_nor_hides_the_clusters(outlier):
    rows = np.append(blobs((0.0, 8.0), each=100), [[outlier, outlier]], axis=0)
    found = select(gaussian(init_params="k-means++", n_init=2), rows, n_components=range(1, 4))
    assert found.best.n_components == 2
    assert found.table["sound"].all()
    assert "set aside" in found.outcome
    assert "collapsed: no spread in some direction of columns 0, 1" in " ".join(found.table["note"])


def test_where_every_start_degenerates_the_candidate_is_passed_over_and_named():
    rows = np.repeat([[0.0, 0.0], [0.0, 1.0], [9.0, 5.0], [1.0, 0.0]], 10, axis=0)
    found = select(gaussian(), rows, n_components=[1, 2, 3, 4])
    assert found.table["sound"].tolist()[0]
    assert not found.table["sound"][3]
    assert found.best.n_components < 4
    assert found.table["log_likelihood"][3] > found.table["log_likelihood"][found.best_index]
    assert "passed over. " in found.outcome


def test_a_start_that_fails_leaves_the_others(monkeypatch):
    def fails(*_):
        raise ValueError("no halves")

    monkeypatch.setattr("suffice.selection.neighbour._most_promising", fails)
    found = select(gaussian(), blobs(), n_components=[1, 2])
    assert found.table["start"].tolist() == ["own", "own"]
    assert "failed: no halves" in found.table["note"][1]
    assert found.table["sound"].all()


def test_components_may_be_removed_within_a_selection():
    rows = np.repeat([[0.0, 0.0], [0.0, 1.0], [9.0, 5.0], [1.0, 0.0]], 10, axis=0)
    found = select(gaussian(degenerate="remove"), rows, n_components=[1, 2, 3, 4])
    left = [len(estimator.weights_) for estimator in found.estimators]
    assert found.table["n_components"].tolist() == left
    assert left[3] < 4
    assert found.table["sound"].all()
    assert "were removed" in found.table["note"][3]


def refusal(*arguments, **options):
    with pytest.raises(ValueError) as error:  # noqa: PT011 the sentence is what each test looks at
        select(*arguments, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_components": 3}, "such as [3]"),
        ({"n_components": []}, "a list of the values"),
        ({"n_components": [0]}, "at least 1"),
        ({"n_components": [2.5]}, "whole number"),
        ({"covariance_type": "full"}, "such as ['full']"),
        ({"covariance_type": ["round"]}, "'spherical'"),
        ({"covariances": ["full"]}, "covariance_type"),
        ({"criterion": "waic"}, "'held_out'"),
        ({"cv": 2, "validation_fraction": 0.2}, "both given"),
        ({"validation_fraction": 2}, "between 0 and 1"),
        ({"cv": 1}, "at least 2"),
        ({"cv": 999}, "at most as many folds"),
        ({"sample_weight": [1.0, 2.0]}, "No candidate could be fitted"),
        ({"sample_weight": np.zeros(180)}, "eights"),
        ({"sample_weight": np.zeros(180), "cv": 2}, "no weight"),
    ],
)
def test_what_cannot_be_searched_is_refused(options, said):
    assert said in refusal(gaussian(), blobs(), **options)


def test_other_things_than_mixtures_are_refused():
    assert "GaussianMixture()" in refusal(GaussianMixture, blobs())
    assert "empty list" in refusal([], blobs())


def test_densities_and_probabilities_are_not_compared():
    said = refusal([gaussian(), BernoulliMixture()], bits())
    assert "density of real numbers" in said
    assert "probability of whole numbers" in said
    assert "cannot be compared" in refusal(BernoulliMixture(), bits(), binarize=[0.0, 0.5])


def test_rows_of_a_stream_are_not_held_out():
    assert "stream" in refusal(gaussian(), np.split(blobs(), 2), criterion="held_out")
    assert "read only once" in refusal(gaussian(), iter(np.split(blobs(), 2)), n_components=[1, 2])


def test_bad_data_are_named_when_nothing_can_be_fitted():
    rows = blobs()
    rows[3, 1] = np.inf
    assert "row 3, column 1" in refusal(gaussian(), rows, n_components=[1, 2])


def test_a_best_that_did_not_converge_is_said():
    with pytest.warns(ConvergenceWarning, match="best candidate"):
        select(gaussian(max_iter=1), blobs(), n_components=[2])


def interrupted_at(monkeypatch, call):
    finished, calls = GaussianMixture.fit, []

    def fit(self, *arguments, **options):
        calls.append(self.n_components)
        if len(calls) == call:
            raise KeyboardInterrupt
        return finished(self, *arguments, **options)

    monkeypatch.setattr(GaussianMixture, "fit", fit)


def test_interrupting_keeps_what_was_compared(monkeypatch):
    interrupted_at(monkeypatch, 2)
    found = select(gaussian(), blobs(), n_components=[1, 2, 3])
    assert found.interrupted
    assert found.best.n_components == 1
    assert "Interrupted after 1 of 3 candidates" in found.outcome
    assert found.table["note"][2] == "Not fitted: the search was interrupted."


def test_interrupting_before_anything_was_compared_goes_on(monkeypatch):
    interrupted_at(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        select(gaussian(), blobs(), n_components=[1, 2])


def test_a_selection_survives_a_file(found, tmp_path):
    again = suffice.load(suffice.save(found, tmp_path / "selection"))
    np.testing.assert_array_equal(again.table["covariance_type"], found.table["covariance_type"])
    np.testing.assert_array_equal(again.best.means_, found.best.means_)
    assert again.outcome == found.outcome


def test_the_display_has_a_line_for_each_setting_and_rings_the_best(found):
    display = found.plot(ax=Figure().subplots())
    lines = [line for line in display.ax_.lines if len(line.get_xdata()) == 4 and line.get_linestyle() != "None"]
    assert [line.get_label() for line in lines] == ["full", "spherical"]
    ring = display.ax_.lines[-1]
    assert ring.get_xdata()[0] == 3
    assert ring.get_ydata()[0] == found.table["bic"].min()


def test_far_off_candidates_do_not_hide_how_the_others_differ():
    display = SelectionDisplay(
        n_components=[1, 2, 3, 4], values=[9000.0, 60.0, 50.0, np.nan], settings=["a"] * 4, best=2, criterion="bic"
    )
    assert display.plot(ax=Figure().subplots()).ax_.get_ylim()[1] < 200


def test_the_report_shows_the_selection_only_where_one_was_made(found, tmp_path):
    page = write_report(found.best, blobs(), tmp_path / "report.html", selection=found).read_text()
    assert "<h2>Selection</h2>" in page
    assert found.outcome in page
    assert page.count('class="best"') == 1
    assert "<h2>Selection</h2>" not in write_report(found.best, blobs(), tmp_path / "other.html").read_text()


def test_advice_goes_beyond_the_search_where_the_best_lies_at_its_end():
    rows = blobs((0.0, 8.0))
    found = select(gaussian(), rows, n_components=[1, 2])
    part = section(found.best, rows, selection=found)
    assert "range(2, 5)" in part.advice[-1].text
    words = advice(found.best, type("Rows", (), {"weight": 120.0, "blurred": 0.0}), ["suffice"], selection=found)
    assert "--n-components 2-4" in words[-1].text


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.csv"
    np.savetxt(path, blobs(), delimiter=",", header="a,b", comments="")
    return str(path)


def test_the_command_line_selects_where_an_option_has_several_values(data, tmp_path, capsys):
    words = ["fit", "gaussian-mixture", data, "--n-components", "1-3", "--covariance-type", "full,diag"]
    assert main([*words, "--criterion", "icl", "--folds", "2", "--out", str(tmp_path / "run")]) == 0
    assert "3 components, diag: lowest ICL" in capsys.readouterr().out
    with open(tmp_path / "run" / "selection.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(line["n_components"], line["covariance_type"]) for line in table[:4:3]] == [("1", "full"), ("1", "diag")]
    assert float(table[0]["held_out"]) < 0
    assert suffice.load(tmp_path / "run" / "model.safetensors").n_components == 3
    assert "<h2>Selection</h2>" in (tmp_path / "run" / "report.html").read_text()
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [
        "assignments.csv", "model.safetensors", "report.html", "selection.csv", "trace.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--n-components", "8-1"], "1-8 or 2,4,8"),
        (["--n-components", "1-99999999"], "1-8 or 2,4,8"),
        (["--covariance-type", "full,round"], "spherical"),
        (["--criterion", "bic"], "--criterion bic"),
        (["--folds", "5"], "--folds 5"),
        (["--n-components", "200,300"], "--n-components"),
    ],
)
def test_the_command_line_refuses_what_it_cannot_select(options, said, data, tmp_path, capsys):
    assert main(["fit", "gaussian-mixture", data, "--out", str(tmp_path / "run"), *options]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_an_interrupted_selection_is_written_and_says_so(data, tmp_path, monkeypatch, capsys):
    interrupted_at(monkeypatch, 2)
    assert main(["fit", "gaussian-mixture", data, "--n-components", "1,2", "--out", str(tmp_path / "run")]) == 130
    assert "Interrupted after 1 of 2 candidates" in capsys.readouterr().out
    assert (tmp_path / "run" / "selection.csv").exists()


def test_numbers_of_components_are_sorted_and_counted_once():
    assert counts("8, 1-3,2") == [1, 2, 3, 8]
    assert counts("4,4") == counts(4) == 4


def test_a_label_that_one_group_alone_has_is_no_hindrance_to_its_split():
    """What columns hold is learned from all rows, though a split looks at those of one component."""
    draw = np.random.default_rng(0)
    group = draw.integers(3, size=240)
    rows = pd.DataFrame({"x": 6.0 * group + draw.normal(size=240), "label": np.array(["a", "b", "c"])[group]})
    found = suffice.select(suffice.MixedMixture(random_state=0), rows, n_components=[1, 2, 3, 4])
    assert found.best.n_components == 3
    assert "failed" not in found.outcome
