"""Gaussian mixtures: equality with scikit-learn, S24's identities, the ugly cases, wrong input."""

from __future__ import annotations

import copy
import importlib
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sklearn.mixture
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV

from suffice import DegenerateComponentWarning, GaussianMixture
from suffice.rows import blocks
from suffice.runtime import computed_by, threads

TYPES = ["full", "tied", "diag", "spherical"]
limited = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def blobs(rows=400, features=3, components=3, seed=0):
    draw = np.random.default_rng(seed)
    centres = 4 * draw.standard_normal((components, features))
    return centres[draw.integers(components, size=rows)] + draw.standard_normal((rows, features)), centres


def clone_of(mixture, **change):
    return copy.deepcopy(mixture).set_params(**change)


def start(kind, centres):
    components, features = centres.shape
    precisions = {
        "full": np.stack([np.eye(features)] * components),
        "tied": np.eye(features),
        "diag": np.ones((components, features)),
        "spherical": np.ones(components),
    }
    return {
        "means_init": centres + 0.5,
        "weights_init": np.full(components, 1 / components),
        "precisions_init": precisions[kind],
    }


@limited
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("kind", TYPES)
def test_same_start_gives_what_scikit_learn_gives(kind, offset):
    X, centres = blobs()
    options = {"covariance_type": kind, "tol": 0, "max_iter": 15, "reg_covar": 0, **start(kind, centres + offset)}
    ours = GaussianMixture(3, **options).fit(X + offset)
    exact = sklearn.mixture.GaussianMixture(3, **{**options, **start(kind, centres)}).fit(X)
    if kind == "full":  # the others lose digits in scikit-learn itself when it subtracts squares far from the origin
        theirs = sklearn.mixture.GaussianMixture(3, **options).fit(X + offset)
        assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)
    assert ours.lower_bound_ == pytest.approx(exact.lower_bound_, rel=1e-9)
    np.testing.assert_allclose(ours.means_ - offset, exact.means_, atol=1e-7)
    np.testing.assert_allclose(ours.covariances_, exact.covariances_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.score_samples(X + offset), exact.score_samples(X), rtol=1e-7, atol=1e-7)
    assert ours.bic(X + offset) == pytest.approx(exact.bic(X), rel=1e-8)
    assert ours.aic(X + offset) == pytest.approx(exact.aic(X), rel=1e-8)


@pytest.mark.parametrize("kind", TYPES)
def test_gradients_equal_finite_differences(kind):
    X, _ = blobs(200)
    mixture = GaussianMixture(3, covariance_type=kind, init_params="random", random_state=0, max_iter=3)
    with pytest.warns(ConvergenceWarning):
        mixture.fit(X)

    def log_likelihood(weights, means, covariances):
        whole = {"full": covariances, "tied": [covariances] * 3}.get(kind)
        if whole is None:
            whole = [np.diag(np.broadcast_to(c, 3)) for c in covariances]
        parts = [np.log(w) + multivariate_normal(m, c).logpdf(X) for w, m, c in zip(weights, means, whole, strict=True)]
        return logsumexp(parts, axis=0).sum()

    parameters = {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}
    gradient = mixture.log_likelihood_gradient(X)
    draw = np.random.default_rng(1)
    for name, value in parameters.items():
        direction = draw.standard_normal(value.shape) * 0.1
        if name == "covariances" and kind in ("full", "tied"):
            direction = direction + np.swapaxes(direction, -1, -2)
        ends = [log_likelihood(**{**parameters, name: value + s * 1e-5 * direction}) for s in (1, -1)]
        assert np.sum(gradient[name] * direction) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6)


def test_weight_gradients_have_the_right_multiplier():
    """S24: raw r/pi, Lagrange multiplier N, logits N_k - N pi_k; not the sums of r, nor the multiplier N/K."""
    X, _ = blobs(300)
    with pytest.warns(ConvergenceWarning):
        mixture = GaussianMixture(3, init_params="random", random_state=0, max_iter=2).fit(X)
    counts = mixture.predict_proba(X).sum(0)
    raw, simplex, logits = (
        mixture.log_likelihood_gradient(X, weights=w)["weights"] for w in ("raw", "simplex", "logits")
    )
    np.testing.assert_allclose(raw, counts / mixture.weights_, rtol=1e-10)
    np.testing.assert_allclose(simplex, raw - 300, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(logits, counts - 300 * mixture.weights_, rtol=1e-9, atol=1e-9)
    assert np.abs(raw - counts).max() > 1
    settled = GaussianMixture(3, random_state=0, tol=1e-13, max_iter=2000).fit(X)
    at_best = settled.log_likelihood_gradient(X, weights="simplex")
    assert all(np.abs(part).max() < 1e-2 for part in at_best.values())
    assert np.ptp(settled.predict_proba(X).sum(0)) > 10


def test_expected_complete_log_likelihood_is_a_lower_bound_that_touches():
    X, _ = blobs(200)
    with pytest.warns(ConvergenceWarning):
        first, second = (GaussianMixture(3, random_state=0, max_iter=i).fit(X) for i in (1, 3))
    share = first.predict_proba(X)
    entropy = -(share * np.log(np.maximum(share, 1e-300))).sum()
    touching = first.expected_complete_log_likelihood(X) + entropy
    assert touching == pytest.approx(first.score_samples(X).sum(), rel=1e-10)
    assert second.expected_complete_log_likelihood(X, at=first) + entropy <= second.score_samples(X).sum() + 1e-9
    assert second.expected_complete_log_likelihood(X, at=first) > first.expected_complete_log_likelihood(X)


def test_sample_weight_is_repetition_for_every_criterion():
    X, _ = blobs(90)
    weight = np.random.default_rng(0).integers(0, 4, 90)
    mixture = GaussianMixture(2, random_state=0).fit(X, sample_weight=weight)
    again = GaussianMixture(2, random_state=0).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(mixture.means_, again.means_, rtol=1e-8)
    repeated = np.repeat(X, weight, axis=0)
    for criterion in ("bic", "aic", "icl", "score"):
        weighted = getattr(mixture, criterion)(X, sample_weight=weight)
        assert weighted == pytest.approx(getattr(mixture, criterion)(repeated), rel=1e-10)


def test_icl_is_bic_where_components_do_not_overlap_and_larger_where_they_do():
    far = np.r_[
        np.random.default_rng(0).standard_normal((50, 1)), 1000 + np.random.default_rng(1).standard_normal((50, 1))
    ]
    apart = GaussianMixture(2, random_state=0).fit(far)
    assert apart.icl(far) == pytest.approx(apart.bic(far), abs=1e-6)
    near = np.random.default_rng(0).standard_normal((100, 1))
    overlapping = GaussianMixture(2, random_state=0, max_iter=1000).fit(near)
    assert overlapping.icl(near) > overlapping.bic(near) + 1


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
def test_every_restart_keeps_its_trace_and_the_best_is_chosen():
    X, _ = blobs(200, components=5)
    mixture = GaussianMixture(5, n_init=6, init_params="random_from_data", random_state=3, max_iter=500).fit(X)
    ends = [trace[-1] for trace in mixture.traces_]
    assert len(ends) == 6
    assert len({len(trace) for trace in mixture.traces_}) > 1
    assert mixture.lower_bound_ in ends
    assert (mixture.lower_bound_ == max(ends)) != ("passed over" in mixture.outcome_)
    assert mixture.n_iter_ >= len(mixture.lower_bounds_)


@pytest.mark.parametrize("start_from", ["kmeans", "k-means++", "random", "random_from_data"])
def test_starts_do_not_depend_on_the_order_of_rows(start_from):
    X, _ = blobs(150)
    order = np.random.default_rng(0).permutation(150)
    options = {"n_components": 3, "random_state": 0, "init_params": start_from, "max_iter": 1000}
    plain, shuffled = GaussianMixture(**options).fit(X), GaussianMixture(**options).fit(X[order])
    np.testing.assert_allclose(plain.means_, shuffled.means_, rtol=1e-6, atol=1e-8)


def test_float32_far_from_the_origin_keeps_the_variance():
    draw = np.random.default_rng(0)
    X = np.r_[draw.standard_normal((2000, 2)), 6 + 2 * draw.standard_normal((2000, 2))]
    for offset in (0.0, 1e3, 1e6):
        fitted = GaussianMixture(2, covariance_type="diag", precision="float32", random_state=0).fit(X + offset)
        exact = GaussianMixture(2, covariance_type="diag", random_state=0).fit(X)
        np.testing.assert_allclose(np.sort(fitted.covariances_, 0), np.sort(exact.covariances_, 0), rtol=2e-2)


def test_tight_components_far_apart_fall_back_to_exact_arithmetic():
    draw = np.random.default_rng(0)
    X = np.r_[1e-4 * draw.standard_normal((200, 2)), 1e4 + 1e-4 * draw.standard_normal((200, 2))]
    for kind in TYPES:
        fitted = GaussianMixture(2, covariance_type=kind, reg_covar=0, random_state=0).fit(X)
        variances = (
            np.diagonal(fitted.covariances_, axis1=-2, axis2=-1) if kind in ("full", "tied") else fitted.covariances_
        )
        np.testing.assert_allclose(variances, 1e-8, rtol=0.3)


def test_streams_and_memory_agree():
    X, centres = blobs(1000)

    class Batches:
        def __iter__(self):
            return iter(np.array_split(X, 7))

    options = {"tol": 1e-6, "max_iter": 200, **start("full", centres)}
    streamed, held = GaussianMixture(3, **options).fit(Batches()), GaussianMixture(3, **options).fit(X)
    np.testing.assert_allclose(streamed.means_, held.means_, rtol=1e-9)
    np.testing.assert_allclose(streamed.score_samples(Batches()), held.score_samples(X), rtol=1e-9)
    started = GaussianMixture(3, random_state=0).fit(list(np.array_split(X, 3)))
    assert started.lower_bound_ == pytest.approx(held.lower_bound_, abs=0.02)


def test_sample_follows_the_fitted_density():
    X, _ = blobs(2000)
    for kind in TYPES:
        mixture = GaussianMixture(3, covariance_type=kind, random_state=0, max_iter=300).fit(X)
        rows, component = mixture.sample(20000)
        share = np.bincount(component, minlength=3) / 20000
        assert np.abs(share - mixture.weights_).max() < 5 * np.sqrt(0.25 / 20000)
        spread = np.sqrt(rows.var(0) / 20000)
        assert (np.abs(rows.mean(0) - mixture.weights_ @ mixture.means_) < 5 * spread).all()
        assert mixture.score(rows) == pytest.approx(mixture.score(X), abs=0.2)


def test_prior_moves_the_estimate_towards_it():
    X, _ = blobs(60)
    options = {"n_components": 1, "prior_mean": np.zeros(3), "prior_covariance": np.eye(3)}
    strong = GaussianMixture(prior_strength=60.0, **options).fit(X)
    np.testing.assert_allclose(strong.means_[0], X.mean(0) / 2, rtol=1e-9)
    pooled = (X.T @ X + 60 * np.eye(3)) / 120 - np.outer(X.mean(0) / 2, X.mean(0) / 2)
    np.testing.assert_allclose(strong.covariances_[0], pooled, rtol=1e-9)


@limited
def test_warm_start_takes_a_new_prior_and_refuses_another_model():
    X, _ = blobs()
    mixture = GaussianMixture(3, random_state=0, tol=0, max_iter=3, warm_start=True).fit(X)
    plain = mixture.covariances_.copy()
    mixture.set_params(prior_strength=1e6, prior_covariance=2 * np.eye(3)).fit(X)
    assert mixture.model_.components.prior.strength == 1e6
    np.testing.assert_allclose(mixture.covariances_, np.stack([2 * np.eye(3)] * 3), atol=0.01)
    assert not np.allclose(plain, mixture.covariances_, atol=0.01)
    for change in ({"n_components": 2}, {"covariance_type": "diag"}):
        with pytest.raises(ValueError, match="warm_start"):
            clone_of(mixture, **change).fit(X)
    with pytest.raises(ValueError, match="warm_start"):
        mixture.fit(X[:, :2])


def test_warm_start_goes_on_where_the_last_fit_ended():
    X, _ = blobs()
    with pytest.warns(ConvergenceWarning):
        mixture = GaussianMixture(3, random_state=0, tol=0, max_iter=3, warm_start=True).fit(X).fit(X)
    with pytest.warns(ConvergenceWarning):
        straight = GaussianMixture(3, random_state=0, tol=0, max_iter=6).fit(X)
    assert mixture.lower_bound_ == pytest.approx(straight.lower_bound_, rel=1e-9)


@limited
@pytest.mark.parametrize("max_iter", [1, 2])
def test_warm_starts_of_the_same_rows_end_converged_and_those_of_others_begin_anew(max_iter):
    X, _ = blobs()
    mixture = GaussianMixture(3, random_state=0, tol=1e-3, max_iter=max_iter, warm_start=True)
    bounds = []
    while not mixture.fit(X).converged_:
        bounds.append(mixture.lower_bound_)
        assert len(bounds) < 100
    assert mixture.n_iter_ <= max_iter
    assert max_iter > 1 or abs(mixture.lower_bound_ - bounds[-1]) < 1e-3
    for rows, weight in ((X[::2], None), (X, np.arange(1.0, 401))):
        again = clone_of(mixture, max_iter=1, tol=1e6).fit(rows, sample_weight=weight)
        assert not again.converged_
    assert clone_of(mixture, max_iter=1, tol=1e6).fit(X).converged_


@limited
@pytest.mark.parametrize("kind", TYPES)
def test_no_iteration_gives_the_start_and_says_so(kind):
    X, centres = blobs()
    mixture = GaussianMixture(3, covariance_type=kind, max_iter=0, means_init=centres, n_init=2, random_state=0).fit(X)
    np.testing.assert_allclose(mixture.means_, centres)
    assert (mixture.n_iter_, mixture.converged_, mixture.lower_bound_) == (0, False, -np.inf)
    assert mixture.outcome_ == "These are the parameters of the start: max_iter=0 asks for no iteration."
    assert np.isfinite(mixture.score(X))


@limited
@pytest.mark.parametrize("kind", TYPES)
def test_roots_of_precisions_are_those_of_scikit_learn(kind):
    X, centres = blobs()
    settings = {"n_components": 3, "covariance_type": kind, **start(kind, centres)}
    peers = GaussianMixture, sklearn.mixture.GaussianMixture
    ours, theirs = (each(**settings, reg_covar=0, max_iter=3, tol=0).fit(X) for each in peers)
    np.testing.assert_allclose(ours.precisions_cholesky_, theirs.precisions_cholesky_, rtol=1e-6, atol=1e-9)


def test_float32_rows_are_answered_in_float64():
    X, _ = blobs()
    mixture = GaussianMixture(2, random_state=0).fit(X.astype(np.float32))
    assert {value.dtype.name for value in (mixture.means_, mixture.covariances_, mixture.predict_proba(X))} == {
        "float64"
    }


def test_the_page_for_users_of_scikit_learn_has_every_reason():
    path = Path(__file__).parents[1]
    reasons = runpy.run_path(str(path / "experiments" / "scikit_learn_tests.py"))
    page = (path / "docs" / "from-scikit-learn.md").read_text()
    assert all(f"| {reason} |" in page for reason in {*reasons["REASONS"].values(), reasons["SINGLE"]})


def test_grid_search_in_two_processes_finds_the_components():
    X, _ = blobs(300)
    search = GridSearchCV(GaussianMixture(random_state=0, max_iter=500), {"n_components": [1, 3]}, cv=3, n_jobs=2).fit(
        X
    )
    assert search.best_params_ == {"n_components": 3}


def test_interruption_keeps_what_there_is(monkeypatch):
    X, _ = blobs()
    seen = []

    def interrupt(*arguments):
        if seen:
            raise KeyboardInterrupt
        seen.append(1)
        return original(*arguments)

    module = importlib.import_module("suffice.fit.stretches")
    original = module._stretch
    monkeypatch.setattr(module, "_stretch", interrupt)
    mixture = GaussianMixture(3, random_state=0, tol=0)
    with computed_by("jax"), pytest.raises(KeyboardInterrupt):
        mixture.fit(X)
    assert mixture.n_iter_ == 1
    assert mixture.outcome_.startswith("Interrupted")
    assert np.isfinite(mixture.score(X))


def test_interruption_in_the_middle_of_a_pass_keeps_the_last_iteration():
    X, centres = blobs()
    fit_passes = []

    class Batches:
        def __iter__(self):
            fit_passes.append(1)
            yield X[:100]
            if len(fit_passes) > 6:
                raise KeyboardInterrupt
            yield X[100:]

    mixture = GaussianMixture(3, tol=0, **start("full", centres))
    with pytest.raises(KeyboardInterrupt):
        mixture.fit(Batches())
    whole = GaussianMixture(3, tol=0, max_iter=mixture.n_iter_, **start("full", centres))
    with pytest.warns(ConvergenceWarning):
        whole.fit(X)
    assert mixture.n_iter_ > 1
    np.testing.assert_allclose(mixture.means_, whole.means_, rtol=1e-9)


@limited
@pytest.mark.parametrize("kind", TYPES)
def test_threads_change_nothing(monkeypatch, kind):
    X, centres = blobs(20_000)
    options = {"tol": 0, "max_iter": 5, **start(kind, centres)}

    def fitted():
        mixture = GaussianMixture(3, covariance_type=kind, **options).fit(X)
        return np.r_[mixture.means_.ravel(), mixture.covariances_.ravel(), mixture.score_samples(X)]

    with computed_by("jax"):
        alone = fitted()
        monkeypatch.setattr(blocks, "THREADED_BYTES", 1 << 16)
        shared = fitted()
        np.testing.assert_allclose(shared, alone, rtol=1e-8, atol=1e-10)
        with ThreadPoolExecutor(1) as single:
            monkeypatch.setattr(threads, "_pool", lambda: single)
            np.testing.assert_array_equal(fitted(), shared)


def test_degenerate_component_is_named():
    X = np.r_[np.random.default_rng(0).standard_normal((100, 2)), np.full((30, 2), 9.0)]
    with pytest.warns(DegenerateComponentWarning, match="collapsed"):
        mixture = GaussianMixture(2, random_state=0).fit(X)
    assert np.isfinite(mixture.score_samples(X)).all()


@limited
@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "rows",
    [
        np.repeat(np.arange(3.0), 10)[:, None] * np.ones(4),
        np.c_[np.arange(20.0), np.full(20, 7.0)],
        np.c_[np.arange(20.0), np.arange(20.0)],
        np.arange(8.0).reshape(2, 4),
        np.random.default_rng(0).standard_normal((12, 10)),
        np.full((9, 2), 1e6),
    ],
    ids=[
        "few distinct rows",
        "constant column",
        "duplicate columns",
        "K equals N",
        "fewer rows than columns",
        "one point",
    ],
)
def test_ugly_data_give_finite_results(rows, kind):
    mixture = GaussianMixture(2, covariance_type=kind, n_init=3, random_state=0).fit(rows)
    for value in (mixture.means_, mixture.covariances_, mixture.predict_proba(rows), mixture.score_samples(rows)):
        assert np.isfinite(value).all()


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({}, np.zeros((0, 2)), "0 sample"),
        ({}, np.ones((1, 2)), "minimum of 2"),
        ({"n_components": 5}, np.random.default_rng(0).random((3, 2)), "n_samples=3"),
        ({}, np.array([[1.0, 2.0], [1.0, -np.inf]]), "infinity at row 1, column 1.*make the cells NaN"),
        ({}, np.array([[1.0, 2.0], [1.0, np.inf]]), "infinity at row 1, column 1"),
        ({}, np.array([["a", "b"], ["c", "d"]]), "string"),
        ({"reg_covar": 0}, np.c_[np.arange(9.0), np.ones(9)], "Columns 1 are constant"),
        ({"n_components": 0}, np.eye(4), "n_components=0"),
        ({"n_components": 2.5}, np.eye(4), "n_components=2.5"),
        ({"covariance_type": "banana"}, np.eye(4), "'full', 'tied', 'diag', 'spherical'"),
        ({"init_params": "banana"}, np.eye(4), "kmeans"),
        ({"precision": "float16"}, np.eye(4), "float32"),
        ({"tol": -1}, np.eye(4), "tol=-1"),
        ({"reg_covar": -1}, np.eye(4), "reg_covar=-1"),
        ({"means_init": np.zeros((2, 2))}, np.eye(4), r"\(1, 4\) is expected"),
        ({"weights_init": [0.5]}, np.eye(4), "sum to 1"),
        ({"precisions_init": -np.eye(4)[None]}, np.eye(4), "positive definite"),
        ({"weight_concentration_prior": 0.5}, np.eye(4), "at least 1"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(options, X, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**options).fit(X)


def test_too_many_columns_are_refused_before_trying(monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: 4096 if name == "SC_PAGE_SIZE" else 2**18)
    with pytest.raises(ValueError, match="covariance_type='diag'"):
        GaussianMixture(50).fit(np.random.default_rng(0).random((60, 800)))


def test_wrong_weights_and_batches_are_refused_with_a_sentence():
    X, _ = blobs(50)
    for weight, message in [(np.full(50, -1.0), "[Nn]egative"), (np.zeros(50), "zero"), (np.full(50, np.nan), "NaN")]:
        with pytest.raises(ValueError, match=message):
            GaussianMixture().fit(X, sample_weight=weight)
    with pytest.raises(ValueError, match="only once"):
        GaussianMixture().fit(iter([X]))
    with pytest.raises(ValueError, match="as in the first"):
        GaussianMixture().fit([X, X[:, :2]])
    with pytest.raises(ValueError, match="infinity at row 51"):
        GaussianMixture().fit([X, np.array([[0, 0, 0], [np.inf, 0, 0]])])
    with pytest.raises(NotFittedError):
        GaussianMixture().predict(X)
