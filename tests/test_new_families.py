"""Families that nothing outside their own files names: waiting times, and counts with more spread than Poisson's."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, polygamma
from scipy.stats import expon, nbinom

import suffice
from suffice import ExponentialMixture, MixedMixture, NaiveBayes, NegativeBinomialMixture, PoissonMixture
from suffice.cli import main
from suffice.data import ColumnEncoder
from suffice.fit import em
from suffice.latent import Exponential, ExponentialPrior, Mixture, NegativeBinomial, NegativeBinomialPrior
from suffice.latent.families.kinds import KINDS
from suffice.latent.forms.rising import rising
from suffice.runtime.precision import scope

SOURCE = Path(__file__).resolve().parents[1] / "src" / "suffice"
DRAW = np.random.default_rng(0)
GROUP = DRAW.integers(2, size=2000)
MEANS = np.array([[1.0, 5.0], [12.0, 0.5]])
DISPERSIONS = np.array([[0.5, 0.2], [0.3, 1.5]])
WAITS = DRAW.exponential(MEANS[GROUP])
COUNTS = DRAW.poisson(DRAW.gamma(1 / DISPERSIONS[GROUP], (MEANS * DISPERSIONS)[GROUP])).astype(float)
TABLE = np.column_stack([WAITS[:, 0], COUNTS[:, 0], DRAW.normal(3.0 * GROUP)])
TABLE_KINDS = ["exponential", "negative-binomial", "gaussian"]


# where families are named


LISTED = {"__init__.py", "latent/__init__.py", "latent/families/kinds.py"}
PROPOSED = "cli/automatic.py"
"""Models that ``suffice fit --auto`` tries."""
ELSEWHERE = {
    "negative_binomial": {
        "data/detection.py",
        "data/kinds.py",
        PROPOSED,
    },  # one of the kinds that columns are detected as
    "exponential": {"rows/reservoir.py", "rows/sparse_stream.py"},  # exponential keys, of a weighted sample
    "poisson": {
        "data/detection.py",  # one of the kinds that columns are detected as
        "data/kinds.py",
        PROPOSED,
        "estimators/classifiers/count_scores.py",  # a multinomial is Poisson numbers given their sum
        "estimators/classifiers/multinomial.py",
        "estimators/shared/labelled_columns.py",  # advice
        "latent/families/negative_binomial.py",  # NumPy's Poisson numbers
    },
}


OF_THEIR_OWN = {"check", "inspect"}
"""Rooms that know densities and functions by these names, and no family."""


@pytest.mark.parametrize("name", ["exponential", "negative_binomial", "poisson"])
def test_a_family_is_named_in_its_own_files_and_where_names_are_listed(name):
    word = re.compile(name.replace("_", ".?"), re.I)
    files = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in OF_THEIR_OWN]
    named = {str(path.relative_to(SOURCE)) for path in files if word.search(code(path))}
    own = {f"latent/families/{name}.py", f"estimators/mixtures/{name}.py"}
    assert named == own | LISTED | ELSEWHERE.get(name, set())


def code(path):
    """A file without its docstrings and comments."""
    return re.sub(r'r?"""[\s\S]*?"""|#.*', "", path.read_text())


@pytest.mark.parametrize("family", KINDS.values(), ids=lambda family: family.kind)
def test_every_kind_says_all_that_tables_ask(family):
    assert family.kind
    assert family.title
    assert family.column_names
    assert all(family.cells)
    assert set(family.column_names.values()) <= set(family.parameter_names())


# rising factorials


@pytest.mark.parametrize("r", [1e-3, 0.3, 1.0, 7.5, 9.0, 200.0])
def test_rising_factorials_are_those_of_gamma_functions(r):
    x = np.array([0.0, 1.0, 2.0, 6.5, 8.0, 40.0, 1e4])
    with scope("float64"):
        log, once, twice = map(np.asarray, rising(x, np.array(r)))
    np.testing.assert_allclose(log, gammaln(x + r) - gammaln(r) - x * np.log(r), rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(once, r * (digamma(x + r) - digamma(r)), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(twice, r**2 * (polygamma(1, r) - polygamma(1, x + r)), rtol=1e-9, atol=1e-10)


def test_rising_factorials_keep_their_digits_near_poisson():
    """The product over j < x of 1 + j / r is 1 + x (x - 1) / 2 r and no more, for large r."""
    with scope("float64"):
        log, once, twice = map(float, rising(np.array(20.0), np.array(1e10)))
    assert log == pytest.approx(190e-10, abs=1e-13)
    assert once == pytest.approx(20.0 - 190e-10, abs=1e-13)
    assert twice == pytest.approx(20.0 - 380e-10, abs=1e-13)


# densities, and fits of one component


def test_log_densities_are_scipys():
    rates, r = 1 / MEANS, 1 / DISPERSIONS
    found = Exponential(rates).log_density(WAITS)
    np.testing.assert_allclose(found, [expon(scale=1 / rate).logpdf(WAITS).sum(1) for rate in rates], rtol=1e-12)
    found = NegativeBinomial(MEANS, DISPERSIONS).log_density(COUNTS)
    peer = [nbinom(r[k], r[k] / (r[k] + MEANS[k])).logpmf(COUNTS).sum(1) for k in range(2)]
    np.testing.assert_allclose(found, peer, rtol=1e-10, atol=1e-10)


def test_one_exponential_component_is_the_closed_form():
    fitted = ExponentialMixture().fit(WAITS)
    np.testing.assert_allclose(fitted.rates_[0], 1 / WAITS.mean(0), rtol=1e-12)
    assert fitted.score(WAITS) == pytest.approx(expon(scale=WAITS.mean(0)).logpdf(WAITS).sum(1).mean(), rel=1e-12)


def test_one_negative_binomial_component_is_scipys_maximum():
    x = COUNTS[:, 0]
    fitted = NegativeBinomialMixture(tol=1e-13, max_iter=300).fit(x[:, None])

    def loss(p):
        return -nbinom(np.exp(-p[1]), 1 / (1 + np.exp(p[0] + p[1]))).logpmf(x).mean()

    peer = minimize(loss, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15, "maxiter": 2000})
    np.testing.assert_allclose([fitted.means_.item(), fitted.dispersions_.item()], np.exp(peer.x), rtol=1e-6)
    assert fitted.score(x[:, None]) == pytest.approx(-peer.fun, abs=1e-12)
    assert fitted.n_iter_ < 20


@pytest.mark.parametrize(
    "x",
    [DRAW.binomial(10, 0.5, 400), DRAW.poisson(5.0, 400), np.full(50, 3.0), np.zeros(50), np.eye(50)[0]],
    ids=["less spread than Poisson's", "Poisson's", "constant", "zeros", "one 1"],
)
def test_counts_without_more_spread_than_poissons_end_there(x):
    rows = np.asarray(x, float)[:, None]
    solution = em(
        Mixture(np.ones(1), NegativeBinomial(np.ones((1, 1)), np.ones((1, 1)))), rows, tol=1e-12, max_iter=200
    )
    assert np.diff(solution.trace).min(initial=0.0) > -1e-11
    dispersion, mean = solution.model.components.dispersions.item(), rows.mean()
    assert dispersion * mean < max(1e-6, 2 * (rows.var() / max(mean, 1.0) - 1))
    fitted = NegativeBinomialMixture(tol=1e-10, max_iter=200).fit(rows)
    assert fitted.score(rows) == pytest.approx(PoissonMixture().fit(rows).score(rows), abs=1e-3)


def test_large_counts_are_no_trouble():
    rows = DRAW.poisson(DRAW.gamma(4.0, 1e6, (500, 1))).astype(float)
    fitted = NegativeBinomialMixture(tol=1e-9, max_iter=200).fit(rows)
    assert fitted.dispersions_.item() == pytest.approx(0.25, rel=0.2)


# mixtures of two


@pytest.mark.parametrize(
    ("mixture", "rows"),
    [(ExponentialMixture, WAITS), (NegativeBinomialMixture, COUNTS)],
    ids=["exponential", "negative binomial"],
)
class TestMixtures:
    """What every mixture does, of both families."""

    def fit(self, mixture, rows, **settings):
        return mixture(2, **{"random_state": 0, "tol": 1e-7, "max_iter": 500, **settings}).fit(rows)

    def test_parameters_are_recovered(self, mixture, rows):
        fitted = self.fit(mixture, rows)
        means = fitted.means_ if hasattr(fitted, "means_") else 1 / fitted.rates_
        order = np.argsort(means[:, 0])
        error = np.sqrt((MEANS**2 + MEANS) / 1000)  # of a mean of about 1000 rows, were their components known
        assert (np.abs(means[order] - MEANS) < 6 * error).all()
        assert np.mean(fitted.predict(rows) == order[GROUP]) > 0.85
        if hasattr(fitted, "dispersions_"):
            np.testing.assert_allclose(fitted.dispersions_[order], DISPERSIONS, rtol=0.5)

    def test_missing_cells_and_imputation(self, mixture, rows):
        hidden = np.where(np.random.default_rng(1).random(rows.shape) < 0.3, np.nan, rows)
        fitted = self.fit(mixture, hidden)
        filled, deviation = fitted.impute(hidden, return_std=True)
        gaps = np.isnan(hidden)
        assert (deviation[gaps] > 0).all()
        assert (filled[~gaps] == hidden[~gaps]).all()
        drawn = fitted.impute(hidden[:200], draws=200)[:, gaps[:200]]
        error = drawn.std(0) / np.sqrt(200)
        assert np.mean(np.abs(drawn.mean(0) - filled[:200][gaps[:200]]) < 4 * error) > 0.97

    def test_saving_marginals_and_conditionals(self, mixture, rows, tmp_path):
        fitted = self.fit(mixture, rows)
        loaded = suffice.load(suffice.save(fitted, tmp_path / "model"))
        assert (loaded.predict_proba(rows) == fitted.predict_proba(rows)).all()
        given, rest = rows[0]
        joint = fitted.score_samples(rows[:1]) - fitted.marginal([0]).score_samples(rows[:1, :1])
        assert fitted.conditional({0: given}).score_samples([[rest]]) == pytest.approx(joint)

    def test_negative_numbers_are_refused(self, mixture, rows):
        with pytest.raises(ValueError, match="Negative values in data passed to X: -1 at row 3"):
            mixture(2).fit(np.where(np.arange(len(rows))[:, None] == 3, -1.0, rows))

    def test_the_command_fits_and_reports(self, mixture, rows, tmp_path):
        name = "exponential" if mixture is ExponentialMixture else "negative-binomial"
        np.savetxt(tmp_path / "rows.csv", rows[:200], "%.17g", ",", header="wait,idle", comments="")
        command = ["fit", f"{name}-mixture", str(tmp_path / "rows.csv"), "--n-components", "2", "--max-iter", "500"]
        assert main([*command, "--out", str(tmp_path / "fitted")]) == 0
        page = (tmp_path / "fitted" / "report.html").read_text()
        article = "An exponential" if name == "exponential" else "A negative binomial"
        assert f"{article} mixture with 2 components" in page
        assert isinstance(suffice.load(tmp_path / "fitted" / "model.safetensors"), mixture)


def test_the_search_compares_counts_with_counts():
    found = suffice.select(
        [PoissonMixture(random_state=0, max_iter=300), NegativeBinomialMixture(random_state=0, max_iter=300)],
        COUNTS[:500], n_components=[2],
    )  # fmt: skip
    assert isinstance(found.best, NegativeBinomialMixture)


# restrictions and priors


def test_dispersions_are_shared_or_stay():
    start = Mixture(np.array([0.5, 0.5]), NegativeBinomial(MEANS, np.ones((2, 2))), tied={"dispersions": [0, 0]})
    solution = em(start, COUNTS, tol=1e-9, max_iter=200)
    assert np.diff(solution.trace).min() > -1e-12
    np.testing.assert_allclose(*solution.model.components.dispersions, rtol=1e-12)
    assert solution.model.parameter_count() == 1 + 4 + 2
    held = em(
        Mixture(np.array([0.5, 0.5]), NegativeBinomial(2 * MEANS, DISPERSIONS), frozen=["means"]), COUNTS, tol=1e-9
    )
    assert np.diff(held.trace).min() > -1e-12
    assert (held.model.components.means == 2 * MEANS).all()


def test_means_are_shared_only_with_dispersions():
    with pytest.raises(ValueError, match="tie 'dispersions' by the same labels"):
        NegativeBinomialMixture(2, tied={"means": [0, 0]}).fit(COUNTS)


def test_rows_of_a_prior_have_its_mean_and_variance():
    prior = NegativeBinomialPrior(1.0, np.array([3.0, 3.0, 0.0]), np.array([4.0, 100.0, 1.0]))
    counts, shares = map(np.asarray, prior.rows())
    mean = (shares * counts).sum(0)
    np.testing.assert_allclose(mean, prior.mean, rtol=1e-6)
    np.testing.assert_allclose((shares * (counts - mean) ** 2).sum(0)[:2], prior.variance[:2], rtol=1e-6)


def test_no_mean_waiting_time_falls_below_the_floor():
    fitted = ExponentialMixture(2, random_state=0, max_iter=500).fit(np.column_stack([WAITS, np.zeros(len(WAITS))]))
    assert ((1 / fitted.rates_[:, 2] > 0) & (1 / fitted.rates_[:, 2] < 1e-6 * WAITS.mean())).all()
    floor = ExponentialPrior(None, np.zeros(1), np.full(1, 0.25))
    solution = em(Mixture(np.ones(1), Exponential(np.ones((1, 1)), floor)), np.full((9, 1), 0.1))
    assert solution.model.components.rates.item() == 4.0


# tables and classifiers


def test_a_table_takes_them_as_kinds_that_are_given():
    fitted = MixedMixture(2, kinds=TABLE_KINDS, random_state=0, max_iter=500).fit(TABLE)
    assert [set(own) for own in fitted.column_parameters_] == [{"rate"}, {"mean", "dispersion"}, {"mean", "variance"}]
    assert np.diff(fitted.lower_bounds_).min() > -1e-12
    hidden = np.where(np.arange(len(TABLE))[:, None] % 3 == np.arange(3), np.nan, TABLE)
    assert (fitted.impute(hidden)[:, 1] % 1 == 0).all()
    given = MixedMixture(
        2, kinds=TABLE_KINDS, column_parameters_init=fitted.column_parameters_, weights_init=fitted.weights_,
        frozen=["rates", "dispersions", "weights"], random_state=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="holds no 'mean' for column 'x1'"):
        MixedMixture(2, kinds=TABLE_KINDS, frozen=["means"], column_parameters_init={2: {"mean": [0, 3]}}).fit(TABLE)
    given.fit(TABLE)
    assert (given.column_parameters_[1]["dispersion"] == fitted.column_parameters_[1]["dispersion"]).all()


def test_columns_that_cannot_be_are_refused_by_name():
    with pytest.raises(ValueError, match=r"'x0' is -2 in row 1 .* kind 'exponential' needs numbers from 0 up"):
        ColumnEncoder("exponential").fit([[1.0], [-2.0]])
    with pytest.raises(ValueError, match="kind 'negative-binomial' needs counts"):
        ColumnEncoder("negative-binomial").fit([[1.5], [2.0]])
    assert ColumnEncoder().fit(WAITS).kinds_ == ["gaussian", "gaussian"]


def test_naive_bayes_finds_what_mixtures_of_one_component_do():
    classifier = NaiveBayes(TABLE_KINDS, prior_strength=0.0, tol=1e-12).fit(TABLE, GROUP)
    assert classifier.score(TABLE, GROUP) > 0.9
    for k in range(2):
        alone = NegativeBinomialMixture(tol=1e-12, max_iter=300).fit(COUNTS[k == GROUP, :1])
        found = classifier.column_parameters_[1]
        assert found["mean"][k] == pytest.approx(alone.means_.item(), rel=1e-9)
        assert found["dispersion"][k] == pytest.approx(alone.dispersions_.item(), rel=1e-4)
    with pytest.raises(ValueError, match="take iterations"):
        NaiveBayes(TABLE_KINDS).partial_fit(TABLE, GROUP, classes=[0, 1])


def test_naive_bayes_of_waiting_times_takes_one_pass():
    classifier = NaiveBayes("exponential", prior_strength=0.0).fit(WAITS, GROUP)
    means = np.stack([WAITS[k == GROUP].mean(0) for k in range(2)], 1)
    np.testing.assert_allclose([own["rate"] for own in classifier.column_parameters_], 1 / means, rtol=1e-9)
    assert classifier.n_iter_ == 1


def test_expected_log_likelihood_is_that_of_its_own_parameters():
    fitted = NegativeBinomialMixture(2, random_state=0, tol=1e-7, max_iter=500).fit(COUNTS)
    share = fitted.predict_proba(COUNTS)
    direct = (share * (np.log(fitted.weights_) + fitted.model_.components.log_density(COUNTS).T)).sum()
    assert fitted.expected_complete_log_likelihood(COUNTS) == pytest.approx(float(direct), rel=1e-9)
    with pytest.raises(ValueError, match="leave at=None"):
        fitted.expected_complete_log_likelihood(COUNTS, at=fitted)
