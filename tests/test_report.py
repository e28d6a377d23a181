"""A report is one complete file that says what was fitted, how it went and what to do next."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, norm, poisson
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression

from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    GaussianClassifier,
    GaussianMixture,
    MixedMixture,
    PoissonMixture,
)
from suffice.data import Table
from suffice.estimators.shared.labelled_columns import coded_rows, on_codes
from suffice.plot import EllipseDisplay, FrequencyDisplay, ImputedDisplay, MarginalDisplay, ParameterDisplay
from suffice.plot.components import column_moments, feature_names, gaussian_part, telling_columns
from suffice.plot.marginal import component_densities, kolmogorov_distance
from suffice.report import section, summarize, write_page, write_report
from suffice.report.advice import with_options
from suffice.report.classifiers.story import ClassifierStory
from suffice.report.mixtures.advice import advice
from suffice.report.mixtures.agreement import agreement
from suffice.report.story import Run, story

COMMAND = ["suffice", "fit", "gaussian-mixture", "my data.csv", "--n-components", "2", "--out", "run", "--overwrite"]


def blobs():
    """Two groups of rows, the class of each beside them."""
    rows = np.random.default_rng(0).normal(size=(120, 3))
    rows[:40] += 6.0
    return rows, np.repeat(["left", "right"], [40, 80])


@pytest.fixture(scope="module")
def gaussian():
    return GaussianMixture(2, n_init=3, random_state=0).fit(blobs()[0])


@pytest.fixture(scope="module")
def summary(gaussian):
    return summarize(gaussian, blobs()[0], keep_labels=True)


@pytest.fixture(scope="module")
def page(gaussian, tmp_path_factory):
    rows, classes = blobs()
    table = Table(rows, ["a", "<i>b</i>", "c"], "my <data>.csv", ["the note"], None, classes)
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(gaussian, table, path, warnings=["a warning"], seconds=1.5, command=COMMAND)
    return path.read_text()


def test_the_page_asks_no_other_place_for_anything(page):
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:|\#)|@import|url\(|<script[^>]*\bsrc|<link""", page)


def test_names_from_the_data_are_escaped(page):
    assert "my &lt;data&gt;.csv" in page
    assert "<i>b</i>" not in page


@pytest.mark.parametrize(
    "fact", ["120", "the note", "a warning", "Converged", "BIC", "1.50 s", "left", "right", "1.000"]
)
def test_the_page_names_the_facts(page, fact):
    assert fact in page


def test_every_picture_is_there_with_its_words(page):
    assert len(re.findall(r'role="img" aria-label="[^"]{20,}"><svg xmlns=', page)) == 6


def test_criteria_equal_those_of_the_estimator_where_components_overlap(gaussian):
    rows = 3.0 + 0.3 * np.random.default_rng(1).normal(size=(40, 3))  # half way between the groups
    expected = {"BIC": gaussian.bic(rows), "AIC": gaussian.aic(rows), "ICL": gaussian.icl(rows)}
    assert expected["ICL"] > expected["BIC"] + 1
    assert story(gaussian).criteria(summarize(gaussian, rows)) == pytest.approx(expected)


def test_batches_are_summarised_like_the_whole(gaussian, summary):
    rows, _ = blobs()
    parts = summarize(gaussian, [rows[:50], (rows[50:], np.ones(70))], keep_labels=True)
    assert parts.log_likelihood == pytest.approx(summary.log_likelihood)
    np.testing.assert_array_equal(parts.labels, summary.labels)
    np.testing.assert_array_equal(parts.counts, summary.counts)
    assert sorted(map(tuple, parts.sample)) == sorted(map(tuple, summary.sample))


def test_row_weights_count_rows_several_times(gaussian):
    rows, _ = blobs()
    weighted = summarize(gaussian, rows, sample_weight=np.full(120, 2.0))
    doubled = summarize(gaussian, np.repeat(rows, 2, axis=0))
    np.testing.assert_allclose(weighted.counts, doubled.counts)
    assert weighted.log_likelihood == pytest.approx(doubled.log_likelihood)
    assert weighted.weight == doubled.weight


@pytest.fixture(scope="module")
def gappy():
    """Rows with missing cells, in two columns of three, and a mixture of them."""
    rows, _ = blobs()
    rows[::4, 2], rows[::6, 0] = np.nan, np.nan
    return GaussianMixture(2, random_state=0).fit(rows), rows


def test_missing_cells_are_counted_alike_in_batches_and_in_the_whole(gappy):
    mixture, rows = gappy
    whole, parts = summarize(mixture, rows), summarize(mixture, [rows[:50], rows[50:]])
    assert whole.missing.tolist() == parts.missing.tolist() == [20, 0, 30]
    assert whole.complete == parts.complete == 80
    assert whole.log_likelihood == pytest.approx(mixture.score(rows))


def test_a_page_on_missing_cells_shows_where_they_are_and_what_the_model_puts_there(gappy):
    mixture, rows = gappy
    part = section(mixture, rows, columns=["a", "b", "c"])
    titles = {picture.title: picture.caption for picture in part.pictures}
    assert list(titles)[-3:] == ["Marginals", "Missing cells", "Imputed cells"]
    assert ("missing cells", "50 (14% of all), in 2 columns; 80 rows are complete") in part.data
    assert "40 rows miss cells" in titles["Missing cells"]
    shown = np.isnan(rows[:, telling_columns(mixture)]).any(1).sum()
    assert f"{shown} rows that miss one of these cells are left out" in titles["Rows and components"]


def test_complete_rows_have_no_pictures_of_missing_cells(gaussian):
    part = section(gaussian, blobs()[0])
    assert part.pictures[-1].title == "Marginals"
    assert "missing cells" not in dict(part.data)


def test_the_columns_furthest_from_their_marginal_are_shown():
    rows = np.random.default_rng(0).normal(size=(300, 15))
    rows[:, 4] = np.exp(2 * rows[:, 4])
    picture = section(GaussianMixture(1).fit(rows), rows, columns=[f"column{j}" for j in range(15)]).pictures[-1]
    assert "The 12 of 15 columns" in picture.caption
    assert "0.079" in picture.caption  # 1.36 / sqrt(300)


def test_binary_columns_are_compared_by_their_frequencies():
    rows = (np.random.default_rng(0).random((50, 6)) < 0.5) * 200.0
    rows[:9, 3] = np.nan
    part = section(BernoulliMixture(2, binarize=99, random_state=0, tol=1e-2).fit(rows), rows)
    titles = [picture.title for picture in part.pictures]
    assert titles[-4:] == ["Frequencies of 1", "Probabilities", "Missing cells", "Imputed cells"]


def test_no_rows_are_refused(gaussian):
    with pytest.raises(ValueError, match="no rows"):
        summarize(gaussian, np.zeros((0, 3)))


class Fact:
    """Only what advice looks at."""

    covariance_type, n_features_in_, max_iter, tol = "full", 2, 100, 1e-3

    def __init__(self, *, converged=True, ends=(-1.0, -1.0), weights=(0.5, 0.5)):
        self.converged_, self.n_iter_ = converged, 100
        self.traces_, self.weights_ = [np.array([-9.0, end]) for end in ends], np.array(weights)

    @property
    def lower_bound_(self):
        return max(trace[-1] for trace in self.traces_)


class Rows:
    """Only what advice looks at."""

    def __init__(self, *, blurred=0.0):
        self.weight, self.blurred = 1000.0, blurred


@pytest.mark.parametrize(
    ("fact", "rows", "option"),
    [
        (Fact(converged=False), Rows(), "--max-iter 500"),
        (Fact(ends=(-1.0,)), Rows(), "--n-init 10"),
        (Fact(ends=(-1.0, -1.1, -1.2, -1.3)), Rows(), "--n-init 12"),
        (Fact(weights=(0.999, 0.001)), Rows(), "--n-components 1"),
        (Fact(), Rows(blurred=0.5), "--n-components 1"),
    ],
)
def test_each_weakness_is_answered_with_an_option(fact, rows, option):
    assert any(option in item.text for item in advice(fact, rows, COMMAND))


def test_a_sound_fit_is_only_compared_with_its_neighbours():
    (only,) = advice(Fact(), Rows(), COMMAND)
    assert [command.split("--n-components ")[1] for command in only.commands] == ["1 --out run-1", "3 --out run-3"]


def test_rows_that_may_be_images_are_asked_about():
    fact = Fact()
    fact.n_features_in_ = 784
    assert "--image-shape 28x28" in " ".join(item.text for item in advice(fact, Rows(), COMMAND))
    assert "image" not in " ".join(item.text for item in advice(fact, Rows(), COMMAND, image_shape=(28, 28)))


def test_without_a_command_advice_names_parameters():
    texts = " ".join(item.text for item in advice(Fact(converged=False), Rows()))
    assert "max_iter=500" in texts
    assert "--" not in texts


def test_changed_options_replace_those_given_and_odd_names_are_quoted():
    words = with_options(["fit", "my data.csv", "--n-init=3", "--out", "a"], n_init=5, out="b")
    assert words == "fit 'my data.csv' --out b --n-init 5"


def test_a_page_that_cannot_be_written_leaves_the_old_one(gaussian, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises((OSError, ValueError), match="No space left"):
        write_report(gaussian, blobs()[0], path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


def test_an_unfitted_estimator_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        write_report(GaussianMixture(), blobs()[0], tmp_path / "report.html")


def test_two_models_share_a_page_and_images_are_shown_as_images(gaussian, tmp_path):
    bits = (np.random.default_rng(0).random((50, 6)) < 0.5).astype(float)
    images = BernoulliMixture(2, random_state=0, tol=1e-2).fit(bits)
    parts = [section(gaussian, blobs()[0]), section(images, bits, image_shape=(2, 3))]
    text = write_page(tmp_path / "page.html", "Both", parts).read_text()
    assert text.count("<article") == 2
    assert "Components as images" in text


def of_kinds(count=300):
    """A frame with a column of each kind, two Gaussian ones, and gaps."""
    draw = np.random.default_rng(0)
    z = draw.integers(2, size=count)
    frame = pd.DataFrame({
        "mass": 4.0 * z + draw.normal(size=count),
        "colour": np.array(["red", "blue", "grey"])[z + draw.integers(2, size=count)],
        "eggs": draw.poisson(2 + 6 * z),
        "length": draw.normal(size=count) - z,
        "sex": draw.choice(["f", "m"], count),
    })  # fmt: skip
    for place, name in enumerate(frame):
        frame[name] = frame[name].astype(object).where(np.arange(count) % 11 != place, None)
    return frame.astype({"mass": float, "eggs": float, "length": float})


@pytest.fixture(scope="module")
def mixed():
    return MixedMixture(2, covariance_type="full", kinds={"eggs": "poisson"}, random_state=0).fit(of_kinds())


def test_a_frame_of_labels_has_a_page_of_its_own(mixed, tmp_path):
    path = write_report(mixed, of_kinds(), tmp_path / "report.html", source="birds", columns=list(of_kinds()))
    text = path.read_text()
    for said in (
        "colour = ",
        "Detected as categorical",
        "Of 2 columns of real numbers, mass and length",
        "Imputed cells",
    ):
        assert said in text
    part = section(mixed, of_kinds(), columns=list(of_kinds()))
    assert part.measures[0][1] == f"{mixed.score(of_kinds()):,.4f}"


def test_codes_are_asked_like_labels(mixed):
    codes = coded_rows(mixed, of_kinds())
    np.testing.assert_array_equal(np.isnan(codes), of_kinds().isna())
    np.testing.assert_allclose(on_codes(mixed).score_samples(codes), mixed.score_samples(of_kinds()))
    np.testing.assert_array_equal(coded_rows(on_codes(mixed), codes), codes)


def test_moments_of_features_are_those_of_draws(mixed):
    """20,000 draws: five standard errors of a mean are 0.036 sd."""
    names = feature_names(mixed, list(of_kinds()))
    assert names == ["mass", "colour = blue", "colour = grey", "colour = red", "eggs", "length", "sex = m"]
    frame = mixed.set_params(random_state=1).sample(20_000)[0]
    drawn = np.column_stack([frame[name] if name in frame else frame[name.split(" = ")[0]] == name.split(" = ")[1]
                             for name in names]).astype(float)  # fmt: skip
    mean, deviation = column_moments(mixed)
    np.testing.assert_array_less(np.abs(drawn.mean(0) - mean), 0.036 * deviation)
    np.testing.assert_allclose(drawn.std(0), deviation, rtol=0.05)


def test_the_gaussian_part_is_the_marginal_of_its_columns(mixed):
    part, columns = gaussian_part(mixed)
    assert columns == [0, 3]
    rows = np.random.default_rng(0).normal(size=(20, 2))
    frame = pd.DataFrame(rows, columns=["mass", "length"])
    np.testing.assert_allclose(part.score_samples(rows), mixed.marginal(["mass", "length"]).score_samples(frame))


def test_distances_are_those_of_the_definition(mixed):
    cells = np.random.default_rng(0).integers(0, 9, 50).astype(float)
    weights, parameters = mixed.weights_, mixed.column_parameters_
    codes = on_codes(mixed)
    own = parameters[0]
    fitted = kstest(cells, lambda x: norm.cdf(x[:, None], own["mean"], np.sqrt(own["variance"])) @ weights).statistic
    assert kolmogorov_distance(codes, 0, cells, np.ones(50)) == pytest.approx(fitted)
    whole = np.arange(-1, 60)
    empirical = (cells <= whole[:, None]).mean(1)
    fitted = poisson(parameters[2]["rate"]).cdf(whole[:, None]) @ weights
    assert kolmogorov_distance(codes, 2, cells, np.ones(50)) == pytest.approx(np.abs(empirical - fitted).max())
    fitted = np.cumsum(weights @ parameters[1]["probabilities"])
    empirical = (cells % 3 <= np.arange(3)[:, None]).mean(1)
    assert kolmogorov_distance(codes, 1, cells % 3, np.ones(50)) == pytest.approx(np.abs(empirical - fitted).max())
    np.testing.assert_allclose(
        component_densities(codes, 1, np.arange(3.0)).sum(0), weights @ parameters[1]["probabilities"]
    )


def test_displays_take_frames_of_labels(mixed):
    frame = of_kinds()
    ax = MarginalDisplay.from_estimator(mixed, frame, 1).ax_
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["blue", "grey", "red"]
    assert [bar.get_height() for bar in ax.patches] == pytest.approx(
        list(frame["colour"].value_counts(normalize=True).sort_index())
    )
    assert EllipseDisplay.from_estimator(mixed, frame).ax_.get_xlabel() == "mass"
    assert len(ParameterDisplay.from_estimator(mixed).values[0]) == 7
    assert ImputedDisplay.from_estimator(mixed, frame, 2).name == "eggs"
    with pytest.raises(ValueError, match="'colour' holds labels"):
        ImputedDisplay.from_estimator(mixed, frame, 1)
    with pytest.raises(ValueError, match=r"Gaussian columns, which are \[0, 3\]"):
        EllipseDisplay.from_estimator(mixed, frame, columns=[0, 1])
    with pytest.raises(TypeError, match="not binary"):
        FrequencyDisplay.from_estimator(mixed, frame)


def test_latent_classes_and_counts_have_their_pictures():
    frame = of_kinds()[["colour", "sex"]]
    part = section(CategoricalMixture(2, random_state=0, tol=1e-2).fit(frame), frame)
    assert [picture.title for picture in part.pictures[3:]] == ["Means and shares", "Marginals", "Missing cells"]
    rows = np.random.default_rng(0).poisson([1, 1000], (50, 2)).astype(float)
    rows[:9, 0] = np.nan
    part = section(PoissonMixture(2, random_state=0, tol=1e-2).fit(rows), rows)
    assert [picture.title for picture in part.pictures[3:]] == ["Means", "Marginals", "Missing cells", "Imputed cells"]


def test_settings_are_shown_in_few_words():
    from suffice.report.parts import setting

    shown = [
        (0.5, "0.5"),
        (("weights",), "weights"),
        ([0.25, 0.75], "0.25, 0.75"),
        ({"means": [0, 0, 1]}, "of means"),
        ([np.ones((2, 2)), np.ones((2, 3))], "list of 2"),
        (np.ones((2, 3)), "array of shape (2, 3)"),
    ]
    for value, words in shown:
        assert setting(value) == words


def test_a_model_of_no_kind_is_refused():
    with pytest.raises(TypeError, match="A LinearRegression was given; a fitted mixture"):
        section(LinearRegression(), np.zeros((2, 2)))


def test_the_story_of_a_kind_imports_no_other_kind():
    code = (
        "import sys, numpy as np; from suffice import GaussianMixture; from suffice.report.story import story; "
        "story(GaussianMixture().fit(np.random.default_rng(0).normal(size=(20, 2)))); "
        "sys.exit(any(name.startswith(('suffice.energy', 'suffice.nets', 'optax', 'matplotlib')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_names_of_components_do_not_matter_to_their_agreement_with_classes():
    table = agreement(["a", "a", "b"], [1, 1, 0])
    assert "Adjusted Rand index 1.000" in table.text
    assert [line.cells for line in table.lines] == [["a", "0", "2"], ["b", "1", "0"]]


def test_accuracy_says_which_rows_it_is_of():
    rows, labels = (
        np.repeat([[0.0], [5.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 1)),
        np.repeat([0, 1], 20),
    )
    story = ClassifierStory(GaussianClassifier().fit(rows, labels))
    run = Run(target=labels)
    assert ("accuracy", "100.00%", "of the rows of the fit") in story.page(rows, run).measures
    measured = replace(run, measured=story.measure(rows, run))
    assert ("accuracy", "100.00%", "of rows held out") in story.page(rows, measured).measures
