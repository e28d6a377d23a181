"""The RBM estimators: what they learn, score, draw, fill in, keep, and refuse."""

import numpy as np
import optax
import pytest
import scipy.sparse
from scipy.special import logsumexp

from suffice import RBM, RBMClassifier, RBMStack, SaturatedUnitWarning, load, save
from suffice.fit import Ascent, Gibbs, contrast

DRAW = np.random.default_rng(0)
SIDE = DRAW.integers(2, size=256)
ROWS = np.where(DRAW.random((256, 8)) < 0.05, 1, 0) ^ np.where(SIDE[:, None] == (np.arange(8) < 4), 1, 0)
ROWS = ROWS.astype(float)
STATES = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(float)
OPTIONS = {"epochs": 60, "batch_size": 64, "learning_rate": 0.2, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return RBM(4, **OPTIONS).fit(ROWS)


def independent():
    """Log-likelihood of a row if columns were independent."""
    share = ROWS.mean(0)
    return float((share * np.log(share) + (1 - share) * np.log(1 - share)).sum())


def same(left, right):
    np.testing.assert_array_equal(left.weights_, right.weights_)
    np.testing.assert_array_equal(left.hidden_bias_, right.hidden_bias_)


def test_probabilities_of_all_rows_sum_to_one_and_data_are_likelier_than_independence_says(fitted):
    assert logsumexp(fitted.score_samples(STATES)) == pytest.approx(0, abs=1e-9)
    assert fitted.score(ROWS) > independent() + 1
    assert fitted.score(ROWS) == pytest.approx(fitted.score_samples(ROWS).mean())


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": "cd", "n_steps": 2},
        {"sampler": "tempering", "n_temperatures": 4},
        {"momentum": 0.5, "averaging": 0.9},
    ],
    ids=["cd", "tempering", "momentum"],
)
def test_every_sampler_learns(options):
    rbm = RBM(4, **OPTIONS | options).fit(ROWS)
    assert rbm.score(ROWS) > independent() + 1
    assert rbm.chains_.shape[1] == 8


def test_one_seed_gives_the_same_bits_and_another_seed_others(fitted):
    same(RBM(4, **OPTIONS).fit(ROWS), fitted)
    assert (RBM(4, **OPTIONS | {"random_state": 1}).fit(ROWS).weights_ != fitted.weights_).any()


def test_sparse_rows_give_the_same_bits_a_tile_at_a_time(fitted, monkeypatch):
    monkeypatch.setattr("suffice.fit.contrastive.rows.DENSE_CELLS", 64 * 8)
    sparse = RBM(4, **OPTIONS).fit(scipy.sparse.csr_matrix(ROWS))
    same(sparse, fitted)
    np.testing.assert_array_equal(sparse.score_samples(scipy.sparse.csc_array(ROWS)), fitted.score_samples(ROWS))


def test_weighted_rows_are_learned_as_often_as_their_weight_says():
    """Of several batches a law in distribution: over seeds, the model's mean is the weighted mean, as for rows repeated."""
    weight = np.where(SIDE == 1, 3.0, 1.0)
    repeated, means = np.repeat(ROWS, weight.astype(int), axis=0), []
    for seed in range(4):
        options = OPTIONS | {"random_state": seed}
        weighted = RBM(4, **options).fit(ROWS, sample_weight=weight)
        twin = RBM(4, **options | {"epochs": 30}).fit(repeated)
        means.append([np.exp(rbm.score_samples(STATES)) @ STATES for rbm in (weighted, twin)])
    expected, plain = np.average(ROWS, axis=0, weights=weight), ROWS.mean(0)
    assert abs(plain - expected).max() > 0.15
    assert abs(np.mean(means, axis=0) - expected).max() < 0.06


def test_chains_sample_the_models_distribution_and_say_so(fitted):
    drawn, mixing = fitted.sample(2000, n_steps=200)
    expected = np.exp(fitted.score_samples(STATES)) @ STATES
    assert abs(drawn.mean(0) - expected).max() < 0.08
    assert mixing.free_energy.shape == (200, 2000)
    assert mixing.r_hat < 1.2
    assert mixing.effective_size > 100


def test_missing_cells_are_filled_by_their_conditional_distribution(fitted):
    rows = ROWS[:3].copy()
    rows[:, 2] = np.nan
    options = [np.where(np.isnan(rows), value, rows) for value in (0.0, 1.0)]
    log_p = np.stack([fitted.score_samples(option) for option in options])
    expected = np.exp(log_p[1] - logsumexp(log_p, axis=0))
    filled = fitted.impute(rows, n_steps=4000)
    np.testing.assert_allclose(filled[:, 2], expected, atol=0.05)
    np.testing.assert_array_equal(np.delete(filled, 2, 1), np.delete(rows, 2, 1))
    draws = fitted.impute(rows, draws=5, n_steps=50)
    assert draws.shape == (5, 3, 8)
    assert set(draws[:, :, 2].ravel()) <= {0.0, 1.0}
    assert fitted.transform(rows).shape == (3, 4)


def test_rows_with_gaps_are_learned_from():
    gaps = np.where(np.random.default_rng(1).random(ROWS.shape) < 0.2, np.nan, ROWS)
    assert RBM(4, **OPTIONS).fit(gaps).score(ROWS) > independent() + 0.8


def test_annealing_encloses_log_z_and_is_kept(fitted, monkeypatch):
    exact = fitted.log_partition()
    assert exact.standard_error == 0
    forward = fitted.log_partition("ais", n_temperatures=500)
    back = fitted.log_partition("reverse_ais", n_temperatures=500)
    assert abs(forward.value - exact.value) < 5 * forward.standard_error + 1e-4
    assert abs(back.value - exact.value) < 5 * back.standard_error + 0.1
    monkeypatch.setattr(type(fitted.model_), "enumerable", property(lambda self: False))
    free = fitted.free_energy(ROWS)
    np.testing.assert_array_equal(fitted.score_samples(ROWS), -free - forward.value)


def test_rows_with_gaps_and_rows_held_out_of_the_same_kind_lie_no_gap_apart():
    """What fills a gap has another free energy than data: validation rows have to miss as much to be compared."""
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 2, (600, 1)) == (np.arange(50) < 25)
    rows = (draw.random((600, 50)) < np.where(kind, 0.998, 0.002)).astype(float)
    gaps = np.where(draw.random(rows.shape) < 0.7, np.nan, rows)
    options = {"sampler": "pcd", "learning_rate": 0.2, "batch_size": 50, "epochs": 8, "random_state": 0}
    trace = RBM(4, **options).fit(gaps[:400], validation=rows[400:]).trace_
    assert abs(trace["free_energy_gap"][-1]) < 2


def test_validation_rows_are_read_and_a_widening_gap_stops_the_fit():
    few, rest = ROWS[:20], ROWS[20:]
    options = OPTIONS | {"n_hidden": 4, "epochs": 100, "schedule": "constant", "learning_rate": 0.3}
    free = RBM(**options).fit(few, validation=rest)
    gap = free.trace_["free_energy_gap"]
    assert gap[-1] == pytest.approx(free.free_energy(rest).mean() - free.free_energy(few).mean(), abs=1e-4)
    limit = (gap[:10].max() + gap.max()) / 2
    stopped = RBM(**options, largest_gap=limit).fit(few, validation=rest)
    assert "Stopped early" in stopped.outcome_
    assert stopped.n_iter_ == np.argmax(gap > limit)
    np.testing.assert_array_equal(stopped.trace_["free_energy_gap"], gap[: stopped.n_iter_])
    assert "free_energy_gap" in RBM(4, epochs=2, validation_fraction=0.25).fit(ROWS).trace_


def test_partial_fit_goes_on_and_counts(fitted):
    rbm = RBM(4, **OPTIONS)
    for _ in range(60):
        rbm.partial_fit(ROWS)
    assert rbm.n_iter_ == 60
    assert rbm.score(ROWS) > independent() + 1


@pytest.mark.parametrize("options", [{}, {"sampler": "cd", "centred": False}], ids=str)
@pytest.mark.parametrize("counts", [(5, 5, 5), (200, 5)], ids=str)
def test_a_call_of_partial_fit_is_one_step_on_all_its_rows(options, counts):
    """However few they are; a batch of so many rows says the same."""
    online = RBM(4, learning_rate=0.2, random_state=0, **options)
    told = RBM(4, learning_rate=0.2, random_state=0, **options)
    for count in counts:
        online.partial_fit(ROWS[:count])
        told.set_params(batch_size=count).partial_fit(ROWS[:count])
    np.testing.assert_allclose(online.weights_, told.weights_, atol=1e-5)
    np.testing.assert_allclose(online.visible_bias_, told.visible_bias_, atol=1e-5)


def test_a_call_of_partial_fit_on_more_rows_is_steps_of_256():
    rows = np.tile(ROWS, (2, 1))
    online, told = (RBM(4, batch_size=size, random_state=0).partial_fit(rows).partial_fit(rows) for size in (None, 256))
    same(online, told)


def test_a_saved_machine_scores_the_same(fitted, tmp_path):
    fitted.log_partition("ais", n_temperatures=50)
    loaded = load(save(fitted, tmp_path / "rbm"))
    np.testing.assert_array_equal(loaded.score_samples(ROWS), fitted.score_samples(ROWS))
    assert loaded.log_partitions_["ais"].value == fitted.log_partitions_["ais"].value
    np.testing.assert_array_equal(loaded.sample(5, n_steps=3)[0], fitted.sample(5, n_steps=3)[0])


@pytest.mark.parametrize(
    "options",
    [{"momentum": 0.5, "averaging": 0.9}, {"sampler": "tempering", "n_temperatures": 4, "centred": False}],
    ids=["momentum", "tempering"],
)
def test_a_saved_machine_learns_on_as_if_it_had_not_been_saved(options, tmp_path):
    """The same bits: parameters, momentum, running means and chains at every temperature are in the file."""
    rbm = RBM(4, **OPTIONS | options).partial_fit(ROWS).partial_fit(ROWS)
    loaded = load(save(rbm, tmp_path / "rbm"))
    same(loaded.partial_fit(ROWS), rbm.partial_fit(ROWS))
    np.testing.assert_array_equal(loaded.chains_, rbm.chains_)
    assert loaded.n_iter_ == 3


def test_between_passes_momentum_may_be_set_and_the_chains_may_not():
    rbm = RBM(4, **OPTIONS).partial_fit(ROWS)
    before = rbm.weights_
    assert (rbm.set_params(momentum=0.5).partial_fit(ROWS).weights_ != before).any()
    with pytest.raises(ValueError, match="sampler='cd' was given, and partial_fit goes on from sampler='tempering'"):
        rbm.set_params(sampler="cd").partial_fit(ROWS)


def test_initial_weights_give_the_features():
    rows = 3 + 2 * ROWS + np.random.default_rng(2).normal(size=ROWS.shape)
    rbm = RBM(4, "gaussian", epochs=100, learning_rate=0.05, random_state=0).fit(rows)
    start = rbm.as_initial_weights()
    features = 1 / (1 + np.exp(-(rows @ start.weights + start.hidden_bias)))
    np.testing.assert_allclose(features, rbm.transform(rows), atol=1e-5)
    flat = -0.5 * (np.log(2 * np.pi * rows.var(0)) + 1).sum()
    assert rbm.score(rows) > flat
    moved = RBM(4, "gaussian", epochs=100, learning_rate=0.05, random_state=0).fit(10 * rows + 5)
    assert moved.score(10 * rows + 5) == pytest.approx(rbm.score(rows) - 8 * np.log(10), abs=0.01)


def test_categories_are_learned_drawn_and_filled_in():
    codes = np.stack([SIDE * 2 + 1, SIDE, 7 - SIDE], axis=1).astype(float)
    rbm = RBM(4, "categorical", **OPTIONS).fit(codes)
    assert rbm.score(codes) > -1.5
    assert set(np.unique(rbm.sample(50, n_steps=20)[0])) <= {0.0, 1.0, 3.0, 6.0, 7.0}
    hidden = codes[:6].copy()
    hidden[:, 0] = np.nan
    np.testing.assert_array_equal(rbm.impute(hidden), codes[:6])
    with pytest.raises(ValueError, match="9 in column 1, a value that was not there"):
        rbm.transform([[1.0, 9.0, 6.0]])


def test_the_classifier_tells_the_classes_and_its_probabilities_are_those_of_the_joint():
    labels = np.where(SIDE == 1, "right", "left")
    model = RBMClassifier(4, **OPTIONS).fit(ROWS, labels)
    assert model.score(ROWS, labels) > 0.97
    both = [np.hstack([ROWS[:5], np.tile(one, (5, 1))]) for one in np.eye(2)]
    log_joint = np.stack([model.model_.log_likelihood(rows) for rows in both], axis=1)
    expected = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(ROWS[:5]), expected, rtol=1e-3)


def test_a_stack_transforms_layer_by_layer_and_draws_rows(tmp_path):
    stack = RBMStack([RBM(4, **OPTIONS), RBM(2, **OPTIONS | {"epochs": 5})]).fit(ROWS)
    first, second = stack.layers_
    np.testing.assert_array_equal(stack.transform(ROWS), second.transform(first.transform(ROWS)))
    rows, _ = stack.sample(20, n_steps=20)
    assert rows.shape == (20, 8)
    assert set(np.unique(rows)) <= {0.0, 1.0}
    np.testing.assert_array_equal(load(save(stack, tmp_path / "stack")).transform(ROWS), stack.transform(ROWS))


def test_binarize_takes_probabilities_and_thresholds_other_values_with_a_warning(fitted):
    assert RBM(4, epochs=1).fit(ROWS * 0.5 + 0.2).threshold_ is None
    with pytest.warns(UserWarning, match=r"runs from -1 to 1, outside \[0, 1\]: cells above 0 were taken as 1"):
        signed = RBM(4, **OPTIONS).fit(2 * ROWS - 1)
    same(signed, fitted)
    same(RBM(4, **OPTIONS | {"binarize": 7}).fit(10 * ROWS), fitted)
    with pytest.raises(ValueError, match=r"runs from 0 to 10.*set binarize"):
        RBM(4, binarize=None).fit(10 * ROWS)
    with pytest.raises(ValueError, match="runs from 0 to 3"):
        fitted.transform(3 * ROWS)


def test_a_learning_rate_that_diverges_is_told_and_the_last_good_state_kept():
    with pytest.warns(UserWarning, match=r"Diverged.*smaller learning_rate than 1e\+30"):
        rbm = RBM(4, epochs=3, learning_rate=1e30, random_state=0).fit(ROWS)
    assert "Diverged" in rbm.outcome_
    assert np.isfinite(rbm.score(ROWS))


def test_saturated_units_are_named():
    with pytest.warns(SaturatedUnitWarning, match="Hidden units .* are always 1 or always 0"):
        RBM(4, epochs=1, weight_scale=0.0, optimizer=optax.stateless(saturate), random_state=0).fit(ROWS)


def saturate(updates, params):
    import equinox as eqx
    import jax

    zero = jax.tree.map(jax.numpy.zeros_like, updates)
    return eqx.tree_at(lambda rbm: rbm.hidden_bias, zero, zero.hidden_bias + 20.0)


def test_constant_columns_and_batches_larger_than_the_data_are_no_matter():
    rows = np.hstack([ROWS, np.zeros((256, 1)), np.ones((256, 1))])
    rbm = RBM(4, epochs=3, batch_size=100_000, random_state=0).fit(rows)
    assert np.isfinite(rbm.score(rows))
    wrong = np.hstack([ROWS, np.ones((256, 2))])
    assert rbm.score(wrong) < rbm.score(rows)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_hidden": 0}, "n_hidden=0"),
        ({"n_steps": 0}, "n_steps=0"),
        ({"epochs": 1.5}, "epochs=1.5"),
        ({"visible": "poisson"}, "visible='poisson'"),
        ({"sampler": "gibbs"}, "sampler='gibbs'"),
        ({"schedule": "step"}, "schedule='step'"),
        ({"learning_rate": 0}, "learning_rate=0"),
        ({"learning_rate": -1.0}, "learning_rate=-1"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"weight_decay": -1}, "weight_decay=-1"),
        ({"binarize": "half"}, "binarize='half'"),
        ({"precision": "float16"}, "float16"),
        ({"validation_fraction": 1.0}, "validation_fraction=1.0"),
        ({"largest_gap": 1.0}, "needs rows held out"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(parameters, message):
    with pytest.raises(ValueError, match=message):
        RBM(**parameters).fit(ROWS)


def test_rows_that_cannot_be_used_are_refused(fitted):
    gap = ROWS[:4].copy()
    gap[0, 0] = np.nan
    for call in (fitted.score_samples, fitted.free_energy, fitted.gibbs):
        with pytest.raises(ValueError, match="NaN"):
            call(gap)
    with pytest.raises(ValueError, match="is missing"):
        RBM(4).fit(np.where(np.arange(8) == 3, np.nan, ROWS))
    with pytest.raises(ValueError, match="infinity"):
        RBM(4).fit(np.where(ROWS == 1, np.inf, ROWS))
    with pytest.raises(ValueError, match="sparse and holds NaN"):
        RBM(4).fit(scipy.sparse.csr_array(gap))
    with pytest.raises(ValueError, match="enumerating one side"):
        RBM(21, epochs=1).fit(np.hstack([ROWS] * 3)).log_partition("exact")
    with pytest.raises(ValueError, match="at least one RBM"):
        RBMStack([]).fit(ROWS)
    with pytest.raises(ValueError, match="must be 'bernoulli'"):
        RBMStack([RBM(2), RBM(2, "gaussian")]).fit(ROWS)
    with pytest.raises(ValueError, match=r"\(rows, 4\) is expected"):
        fitted.drawn_from_hidden(np.zeros((2, 3)))


def test_options_of_chains_go_with_persistent_ones():
    from suffice.energy import RBM as Module

    with pytest.raises(ValueError, match="persistent=True"):
        contrast(Module(8, 2, key=0), ROWS, sampling=Gibbs(n_chains=5))
    with pytest.raises(ValueError, match="give validation"):
        contrast(Module(8, 2, key=0), ROWS, largest_gap=1.0)
    with pytest.raises(ValueError, match="averaging=1"):
        contrast(Module(8, 2, key=0), ROWS, ascent=Ascent(averaging=1))


def test_an_rbm_worse_than_its_columns_says_so_and_keeps_the_start():
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 2, (300, 1))
    rows = (draw.random((300, 40)) < np.where(kind == (np.arange(40) < 20), 0.98, 0.02)).astype(float)
    with pytest.warns(UserWarning, match="Worse than independent columns"):
        stuck = RBM(4, sampler="pcd", learning_rate=3.0, schedule="constant", epochs=30, random_state=0).fit(rows)
    share = rows.mean(0)
    alone = (rows * np.log(share) + (1 - rows) * np.log1p(-share)).sum(1).mean()
    assert stuck.score(rows) == pytest.approx(alone, abs=0.1)
    assert RBM(4, random_state=0).fit(rows).score(rows) > alone + 20


def test_a_trace_with_missing_cells_reads_what_chains_have_put_there():
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 2, (500, 1))
    rows = (draw.random((500, 30)) < np.where(kind == (np.arange(30) < 15), 0.99, 0.01)).astype(float)
    gaps = np.where(draw.random(rows.shape) < 0.6, np.nan, rows)
    rbm = RBM(4, learning_rate=0.2, batch_size=50, epochs=60, random_state=0).fit(gaps)
    assert rbm.n_iter_ == 60
    assert rbm.trace_["reconstruction"][-1] == pytest.approx(rbm.reconstruction_cross_entropy(rows).mean(), abs=2.5)


def test_a_column_without_spread_has_a_bounded_precision():
    rows = np.c_[np.random.default_rng(0).normal(size=(200, 2)), np.full(200, 7.0)]
    rbm = RBM(3, "gaussian", epochs=200, random_state=0).fit(rows)
    assert np.exp(rbm.model_.log_precision[2]) < 1.01e6
    assert np.isfinite(rbm.score(rows))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_units_of_real_columns_change_nothing(unit):
    rows = np.random.default_rng(0).normal(size=(200, 3)) @ [[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1]]
    plain, scaled = (RBM(3, "gaussian", epochs=10, random_state=0).fit(X) for X in (rows, unit * rows))
    assert scaled.score(unit * rows) == pytest.approx(plain.score(rows) - 3 * np.log(unit), abs=1e-3)


def test_rounding_beyond_one_is_no_threshold():
    rows = np.random.default_rng(0).random((50, 4))
    rows[0, 0], rows[1, 1] = 1 + 2.3e-16, -1e-9
    rbm = RBM(2, epochs=1, random_state=0).fit(rows)
    assert rbm.threshold_ is None
    assert np.isfinite(rbm.free_energy(rows)).all()


def test_exact_log_partitions_are_kept(monkeypatch):
    rbm = RBM(3, epochs=1, random_state=0).fit(ROWS)
    first = rbm.score(ROWS)
    monkeypatch.setattr(type(rbm.model_), "log_partition", lambda self: pytest.fail("computed anew"))
    assert rbm.score(ROWS) == first
    assert rbm.log_partitions_["exact"].standard_error == 0


def test_names_of_features():
    rbm = RBM(3, epochs=1, random_state=0).fit(ROWS)
    assert rbm.get_feature_names_out().tolist() == ["rbm0", "rbm1", "rbm2"]
    assert RBMStack([RBM(2, epochs=1, random_state=0)]).fit(ROWS).get_feature_names_out().tolist() == [
        "rbmstack0",
        "rbmstack1",
    ]
