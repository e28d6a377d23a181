"""Online learning: a whole step is an iteration, a fixed point stays, and batches may lack cells."""

import pickle
import warnings

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from test_missing import binary_rows, mixture_rows, with_gaps

from suffice import BernoulliMixture, GaussianMixture, load, save
from suffice.fit.online import effective_rows, step_size

COVARIANCE_TYPES = ["full", "tied", "diag", "spherical"]
KINDS = [*COVARIANCE_TYPES, "bernoulli"]


def rows_for(kind, count=400, seed=0, share=0.0):
    rows = binary_rows(count, seed=seed) if kind == "bernoulli" else mixture_rows(count, seed=seed)
    return with_gaps(rows, share, seed) if share else rows


def unfitted(kind, **settings):
    settings = {"random_state": 0, "tol": 0.0} | settings
    return (
        BernoulliMixture(3, **settings) if kind == "bernoulli" else GaussianMixture(3, covariance_type=kind, **settings)
    )


def fitted(kind, rows, iterations=100, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return unfitted(kind, max_iter=iterations, **settings).fit(rows)


def assert_same_model(one, other, rtol=1e-8, atol=1e-10):
    for a, b in zip(jax.tree.leaves(one.model_), jax.tree.leaves(other.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


@pytest.mark.parametrize("share", [0.0, 0.25])
@pytest.mark.parametrize("kind", KINDS)
def test_a_first_step_is_one_iteration(kind, share):
    rows = rows_for(kind, share=share)
    settings = {"prior_strength": 3.0, "weight_concentration_prior": 2.0}
    assert_same_model(unfitted(kind, **settings).partial_fit(rows), fitted(kind, rows, 1, **settings))


@pytest.mark.parametrize("offset", [1e5])
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_step_after_a_fit_is_one_iteration_more(kind, offset):
    """Five digits are left of squares at 1e5 standard deviations from the origin, were they measured from there."""
    rows = rows_for(kind) + (0 if kind == "bernoulli" else offset)
    one = fitted(kind, rows, 3, learning_offset=0.0).partial_fit(rows)
    assert_same_model(one, fitted(kind, rows, 4), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fixed_point_stays(kind):
    rows = rows_for(kind, share=0.25)
    mixture = fitted(kind, rows, 3000, tol=1e-13, reg_covar=0) if kind != "bernoulli" else fitted(kind, rows, 3000)
    before = pickle.loads(pickle.dumps(mixture))
    for _ in range(4):
        mixture.partial_fit(rows)
    assert_same_model(mixture, before, rtol=1e-4, atol=1e-4)
    assert mixture.lower_bound_ == pytest.approx(before.score(rows), abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_of_a_fit_give_its_parameters(kind):
    rows = rows_for(kind)
    settings = {"prior_strength": 5.0, "weight_concentration_prior": 3.0}
    mixture = fitted(kind, rows, 20, **settings, **({} if kind == "bernoulli" else {"reg_covar": 0.01}))
    with jax.enable_x64(True):
        again = mixture.model_.maximize(mixture.model_.statistics_at(mixture.effective_rows_))
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(mixture.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_steps_with_and_without_missing_cells_add_up(kind):
    """The second step is a maximisation of both batches' statistics, of which each was taken at its own parameters."""
    first, second = rows_for(kind, 300), rows_for(kind, 300, seed=1, share=0.3)
    one = unfitted(kind, learning_offset=2.0, learning_decay=0.9).partial_fit(first).partial_fit(second)
    other = unfitted(kind, learning_offset=2.0, learning_decay=0.9).partial_fit(first)
    rho = step_size(2, 0.9, 2.0)
    start = other.running_statistics_["sums"]
    whole = pickle.loads(pickle.dumps(other)).set_params(learning_offset=0.0)
    whole.n_steps_ = 0
    new = whole.partial_fit(second).running_statistics_["sums"]
    for old, of_batch, found in zip(start, new, one.running_statistics_["sums"], strict=True):
        np.testing.assert_allclose(found, (1 - rho) * old + rho * of_batch, rtol=1e-10, atol=1e-12)
    assert one.effective_rows_ == pytest.approx(effective_rows(300, 300, rho))


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_rows_does_not_matter_and_weight_two_is_the_row_twice(kind):
    rows = rows_for(kind, 200, share=0.2)
    start = fitted(kind, rows_for(kind, 300, seed=2), 5)
    one, other, shuffled = (pickle.loads(pickle.dumps(start)) for _ in range(3))
    weight = np.arange(200) % 3
    assert_same_model(one.partial_fit(rows, sample_weight=weight), other.partial_fit(np.repeat(rows, weight, axis=0)))
    order = np.random.default_rng(0).permutation(200)
    assert_same_model(one, shuffled.partial_fit(rows[order], sample_weight=weight[order]))


def test_a_batch_without_weight_is_no_step_and_one_row_is_enough():
    rows = mixture_rows(100)
    mixture = unfitted("full").partial_fit(rows)
    before = pickle.dumps(mixture)
    assert pickle.dumps(mixture.partial_fit(rows, sample_weight=np.zeros(100))) == before
    mixture.partial_fit(rows[:1])
    assert mixture.n_steps_ == 2
    assert np.isfinite(mixture.score(rows))


def test_a_row_far_from_all_others_gives_finite_parameters():
    mixture = unfitted("full").partial_fit(mixture_rows(100))
    mixture.partial_fit(np.full((1, 5), 1e6)).partial_fit(mixture_rows(50))
    assert np.isfinite(mixture.score(mixture_rows(20)))
    assert (np.linalg.eigvalsh(mixture.covariances_) > 0).all()


@pytest.mark.parametrize("keep", ["pickle", "file"])
@pytest.mark.parametrize("kind", KINDS)
def test_learning_goes_on_bit_for_bit_after_loading(kind, keep, tmp_path):
    mixture = unfitted(kind).partial_fit(rows_for(kind, 200))
    kept = pickle.loads(pickle.dumps(mixture)) if keep == "pickle" else load(save(mixture, tmp_path / "model"))
    for seed in (1, 2):
        batch = rows_for(kind, 100, seed=seed, share=0.1)
        mixture.partial_fit(batch)
        kept.partial_fit(batch)
    for a, b in zip(jax.tree.leaves(mixture.model_), jax.tree.leaves(kept.model_), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("kind", ["full", "bernoulli"])
def test_many_batches_come_near_a_fit(kind):
    rows = rows_for(kind, 4000)
    mixture = unfitted(kind, warm_start=True, tol=1e-6, max_iter=1000)
    for start in [*range(0, 4000, 200)] * 3:
        mixture.partial_fit(rows[start : start + 200])
    whole = pickle.loads(pickle.dumps(mixture)).fit(rows)
    assert mixture.score(rows) > whole.score(rows) - 0.01 * abs(whole.score(rows))


def test_a_fit_after_steps_forgets_them():
    rows = mixture_rows(300)
    mixture = unfitted("full", tol=1e-3).partial_fit(rows[:100])
    mixture.fit(rows)
    assert_same_model(mixture, unfitted("full", tol=1e-3).fit(rows), rtol=0, atol=0)
    assert not hasattr(mixture, "n_steps_")
    mixture.partial_fit(rows)
    assert not hasattr(mixture, "converged_")
    assert mixture.marginal([0]).means_.shape == (3, 1)


def test_the_best_of_several_starts_is_taken():
    rows = mixture_rows(300)
    one = unfitted("full", init_params="random_from_data").partial_fit(rows)
    many = unfitted("full", init_params="random_from_data", n_init=20).partial_fit(rows)
    assert many.lower_bound_ > one.lower_bound_


def test_float32_learns_too():
    rows = mixture_rows(500).astype(np.float32)
    mixture = unfitted("full", precision="float32").partial_fit(rows).partial_fit(rows)
    assert_same_model(mixture, unfitted("full").partial_fit(rows).partial_fit(rows), rtol=1e-2, atol=1e-2)


def test_what_cannot_be_used_is_refused():
    import pandas as pd

    rows = mixture_rows(50)
    mixture = GaussianMixture(2, random_state=0)
    for wrong, message in [
        ({"learning_decay": 0.5}, "above 0.5"),
        ({"learning_decay": 1.1}, "at most 1"),
        ({"learning_decay": "fast"}, "learning_decay='fast'"),
        ({"learning_offset": -1}, "at least 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(mixture).set_params(**wrong).partial_fit(rows)
    with pytest.raises(ValueError, match="sample weights are zero"):
        mixture.partial_fit(rows, sample_weight=np.zeros(50))
    with pytest.raises(ValueError, match="more rows or fewer"):
        GaussianMixture(60).partial_fit(rows)
    with pytest.raises(ValueError, match="one batch"):
        mixture.partial_fit([rows, rows])
    with pytest.raises(ValueError, match="3 features"):
        clone(mixture).partial_fit(rows).partial_fit(rows[:, :3])
    mixture = clone(mixture).partial_fit(pd.DataFrame(rows, columns=list("abcde")))
    with pytest.raises(ValueError, match="feature names"):
        mixture.partial_fit(pd.DataFrame(rows, columns=list("abcdx")))
    with pytest.raises(ValueError, match="Negative"):
        mixture.partial_fit(pd.DataFrame(rows, columns=list("abcde")), sample_weight=-np.ones(50))
    with pytest.raises(ValueError, match="partial_fit continues"):
        mixture.set_params(n_components=3).partial_fit(pd.DataFrame(rows, columns=list("abcde")))
