"""Online learning: a whole step is an iteration, a fixed point stays, and batches may lack cells."""

import pickle

import jax
import numpy as np
import pytest
from estimators import having
from sklearn.base import clone
from test_missing import mixture_rows

from suffice import GaussianMixture, load, save
from suffice.fit.online import effective_rows, statistics_at, step_size

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
every_mixture = having("mixture", "partial_fit")
PRIORS = {"prior_strength": 3.0, "weight_concentration_prior": 2.0}


def unfitted(**settings):
    return GaussianMixture(3, **{"random_state": 0, "tol": 0.0} | settings)


def copied(estimator):
    return pickle.loads(pickle.dumps(estimator))


def assert_same_model(one, other, rtol=1e-8, atol=1e-10):
    for a, b in zip(jax.tree.leaves(one.model_), jax.tree.leaves(other.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


@every_mixture
@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "gaps"])
def test_a_first_step_is_one_iteration(row, gaps):
    rows = row.with_gaps if gaps else row.X
    assert_same_model(row.make(**PRIORS).partial_fit(rows), row.make(**PRIORS, max_iter=1, tol=0).fit(rows))


@every_mixture
def test_a_whole_step_after_a_fit_is_one_iteration_more(row):
    """Five digits are left of squares at 1e5 standard deviations from the origin, were they measured from there."""
    rows = row.X + (1e5 if "gaussian" in row.can else 0.0)
    one = row.make(**PRIORS, learning_offset=0.0, max_iter=3, tol=0).fit(rows).partial_fit(rows)
    assert_same_model(one, row.make(**PRIORS, max_iter=4, tol=0).fit(rows), rtol=1e-6, atol=1e-6)


@every_mixture
def test_a_fixed_point_stays(row):
    mixture = row.accepting(max_iter=3000, tol=1e-13, reg_covar=0, random_state=1).fit(row.with_gaps)
    before = copied(mixture)
    for _ in range(4):
        mixture.partial_fit(row.with_gaps)
    assert_same_model(mixture, before, rtol=1e-3, atol=1e-3)
    assert mixture.lower_bound_ == pytest.approx(before.score(row.with_gaps), abs=1e-8)


@every_mixture
def test_statistics_of_a_fit_give_its_parameters(row):
    mixture = row.make(**PRIORS, max_iter=20, tol=0).fit(row.X)
    with jax.enable_x64(True):
        again = mixture.model_.maximize(statistics_at(mixture.model_, mixture.effective_rows_))
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(mixture.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@every_mixture
def test_steps_with_and_without_missing_cells_add_up(row):
    """The second step is a maximisation of both batches' statistics, of which each was taken at its own parameters."""
    decay = {"learning_offset": 2.0, "learning_decay": 0.9}
    first = row.make(**PRIORS, **decay).partial_fit(row.X)
    one = copied(first).partial_fit(row.with_gaps)
    rho = step_size(2, 0.9, 2.0)
    whole = copied(first).set_params(learning_offset=0.0)
    whole.n_steps_ = 0
    new = whole.partial_fit(row.with_gaps).running_statistics_["sums"]
    for old, of_batch, found in zip(
        first.running_statistics_["sums"], new, one.running_statistics_["sums"], strict=True
    ):
        np.testing.assert_allclose(found, (1 - rho) * old + rho * of_batch, rtol=1e-10, atol=1e-12)
    assert one.effective_rows_ == pytest.approx(effective_rows(len(row.X), len(row.X), rho))


@every_mixture
def test_order_of_rows_does_not_matter_and_weight_two_is_the_row_twice(row):
    start = row.make(max_iter=5, tol=0).fit(row.X)
    one, other, shuffled = (copied(start) for _ in range(3))
    weight = np.repeat([2.0, 0.0], len(row.X) // 2)
    twice = np.tile(row.with_gaps[: len(row.X) // 2], (2, 1))
    order = np.random.default_rng(0).permutation(len(row.X))
    assert_same_model(one.partial_fit(row.with_gaps, sample_weight=weight), other.partial_fit(twice))
    assert_same_model(one, shuffled.partial_fit(row.with_gaps[order], sample_weight=weight[order]))


@every_mixture
def test_learning_goes_on_bit_for_bit_after_loading(row, tmp_path):
    mixture = row.make(**PRIORS).partial_fit(row.X)
    kept = copied(mixture), load(save(mixture, tmp_path / "model"))
    for batch in (row.X, row.with_gaps):
        mixture.partial_fit(batch)
        for other in kept:
            other.partial_fit(batch)
    for other in kept:
        assert_same_model(mixture, other, rtol=0, atol=0)


def test_a_batch_without_weight_is_no_step_and_one_row_is_enough():
    rows = mixture_rows(100)
    mixture = unfitted().partial_fit(rows)
    before = pickle.dumps(mixture)
    assert pickle.dumps(mixture.partial_fit(rows, sample_weight=np.zeros(100))) == before
    mixture.partial_fit(rows[:1])
    assert mixture.n_steps_ == 2
    assert np.isfinite(mixture.score(rows))


def test_a_row_far_from_all_others_gives_finite_parameters():
    mixture = unfitted().partial_fit(mixture_rows(100))
    mixture.partial_fit(np.full((1, 5), 1e6)).partial_fit(mixture_rows(50))
    assert np.isfinite(mixture.score(mixture_rows(20)))
    assert (np.linalg.eigvalsh(mixture.covariances_) > 0).all()


def test_many_batches_come_near_a_fit():
    rows = mixture_rows(4000)
    mixture = unfitted(warm_start=True, tol=1e-6, max_iter=1000)
    for start in [*range(0, 4000, 200)] * 3:
        mixture.partial_fit(rows[start : start + 200])
    whole = copied(mixture).fit(rows)
    assert mixture.score(rows) > whole.score(rows) - 0.01 * abs(whole.score(rows))


def test_a_fit_after_steps_forgets_them():
    rows = mixture_rows(300)
    mixture = unfitted(tol=1e-3).partial_fit(rows[:100])
    mixture.fit(rows)
    assert_same_model(mixture, unfitted(tol=1e-3).fit(rows), rtol=0, atol=0)
    assert not hasattr(mixture, "n_steps_")
    mixture.partial_fit(rows)
    assert not hasattr(mixture, "converged_")
    assert mixture.marginal([0]).means_.shape == (3, 1)


def test_the_best_of_several_starts_is_taken():
    rows = mixture_rows(300)
    one = unfitted(init_params="random_from_data").partial_fit(rows)
    many = unfitted(init_params="random_from_data", n_init=20).partial_fit(rows)
    assert many.lower_bound_ > one.lower_bound_


def test_float32_learns_too():
    rows = mixture_rows(500).astype(np.float32)
    mixture = unfitted(precision="float32").partial_fit(rows).partial_fit(rows)
    assert_same_model(mixture, unfitted().partial_fit(rows).partial_fit(rows), rtol=1e-2, atol=1e-2)


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
