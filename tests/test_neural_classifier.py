"""The classifier by networks: what it learns, keeps, goes on from, and refuses."""

import pickle

import equinox as eqx
import jax
import numpy as np
import optax
import pytest
from scipy.special import log_softmax
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from suffice import RBM, FileError, NeuralClassifier, load, save
from suffice.estimators.shared.passes import FALLING, still_falling
from suffice.nets import MLP
from suffice.outcome import Outcome
from suffice.runtime.keys import seed_of

X, Y = load_digits(n_class=3, return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
NAMES = np.array(["zero", "one", "two"])[Y]
OPTIONS = {"hidden_sizes": (8,), "batch_size": 50, "learning_rate": 0.01, "epochs": 3, "random_state": 0}


def classifier(**more):
    return NeuralClassifier(**OPTIONS | more)


@pytest.fixture(scope="module")
def fitted():
    return classifier(epochs=15, validation_fraction=0.2).fit(X, NAMES)


def same(left, right):
    assert eqx.tree_equal(left.model_, right.model_)


def test_digits_are_told_apart_and_the_curve_is_of_the_model_evaluated(fitted):
    assert fitted.score(X, NAMES) > 0.97
    assert list(fitted.learning_curve_.columns) == [
        "epoch", "training_loss", "training_error", "validation_loss", "validation_error"
    ]  # fmt: skip
    np.testing.assert_array_equal(fitted.learning_curve_["epoch"], np.arange(16))
    best = fitted.trace_["validation_loss"].argmin()
    assert fitted.best_epoch_ == best
    held = np.isin(np.arange(300), fitted.validation_rows_)
    loss = -fitted.predict_log_proba(X)[np.arange(300), np.searchsorted(fitted.classes_, NAMES)]
    assert loss[held].mean() == pytest.approx(fitted.trace_["validation_loss"][best], rel=1e-5)
    assert loss[~held].mean() == pytest.approx(fitted.trace_["training_loss"][best], rel=1e-5)
    assert (fitted.predict(X) != NAMES)[held].mean() == pytest.approx(fitted.trace_["validation_error"][best])


def test_probabilities_are_the_softmax_of_the_network(fitted):
    logits = np.asarray(jax.vmap(fitted.model_)(X.astype(np.float32)), float)
    rounding = 16 * np.finfo(np.float32).eps * np.abs(logits).max()  # of sums of 64 terms in another order
    np.testing.assert_allclose(fitted.predict_log_proba(X), log_softmax(logits, axis=1), atol=rounding)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(1), 1)


def test_one_full_batch_step_is_scikit_learns():
    mine = classifier(
        hidden_sizes=(8,), optimizer="sgd", learning_rate=0.5, batch_size=300, epochs=1, precision="float64"
    )
    mine.fit(X, Y)
    start = MLP(64, (8,), 3, key=seed_of(0))
    theirs = MLPClassifier(
        (8,), solver="sgd", learning_rate_init=0.5, momentum=0.0, alpha=0.0, batch_size=300, max_iter=1
    )
    theirs._random_state = np.random.RandomState(0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.set_params(warm_start=True).fit(X, Y)
    theirs.coefs_ = [np.float64(layer.weight.T) for layer in start.layers]
    theirs.intercepts_ = [np.float64(layer.bias) for layer in start.layers]
    theirs._optimizer.params = theirs.coefs_ + theirs.intercepts_
    with pytest.warns(UserWarning, match="Maximum iterations"):
        theirs.fit(X, Y)
    for mine_layer, coefs in zip(mine.model_.layers, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine_layer.weight.T, coefs, atol=1e-10)


def test_one_seed_gives_the_same_bits_and_another_others():
    one, again, other = (classifier(random_state=seed).fit(X, Y) for seed in (1, 1, 2))
    same(one, again)
    assert not eqx.tree_equal(one.model_, other.model_)


def test_weight_two_is_in_the_mean_over_seeds_a_row_twice():
    weight = np.where(Y == 0, 3, 1)
    many = np.repeat(np.arange(300), weight)
    losses = []
    for seed in range(8):
        weighted = classifier(random_state=seed, epochs=6).fit(X, Y, sample_weight=weight)
        repeated = classifier(random_state=seed, epochs=4, batch_size=55).fit(X[many], Y[many])
        plain = classifier(random_state=seed, epochs=6).fit(X, Y)
        losses.append([-one.predict_log_proba(X)[Y == 0, 0].mean() for one in (weighted, repeated, plain)])
    weighted, repeated, plain = np.array(losses).T
    error = np.std(weighted - repeated, ddof=1) / np.sqrt(8)
    assert abs((weighted - repeated).mean()) < 4 * error + 0.02
    assert (plain - weighted).mean() > abs((weighted - repeated).mean())


def test_class_weights_are_row_weights():
    weights = {"zero": 3.0, "two": 0.5}
    by_class = classifier(class_weight=weights).fit(X, NAMES)
    by_row = classifier().fit(X, NAMES, sample_weight=np.array([weights.get(name, 1.0) for name in NAMES]))
    same(by_class, by_row)
    balanced = classifier(class_weight="balanced").fit(X, NAMES)
    share = np.bincount(Y)[Y]
    same(balanced, classifier().fit(X, NAMES, sample_weight=300 / (3 * share)))


def test_patience_stops_and_keeps_the_best_weights():
    rng = np.random.default_rng(0)
    noise = rng.integers(3, size=300)
    found = classifier(epochs=60, patience=3, validation_fraction=0.3, learning_rate=0.05).fit(X, noise)
    losses = found.trace_["validation_loss"]
    assert "Stopped early" in found.outcome_
    assert len(losses) - 1 - losses.argmin() == 3
    assert found.n_iter_ == losses.argmin() + 3 == found.best_epoch_ + 3


def test_partial_fit_is_an_epoch_and_goes_on_with_the_optimiser():
    stepwise = classifier(random_state=0)
    for _ in range(3):
        stepwise.partial_fit(X, Y, classes=[0, 1, 2])
    same(stepwise, classifier().fit(X, Y))
    assert stepwise.n_iter_ == 3
    np.testing.assert_array_equal(stepwise.trace_["epoch"], np.arange(4))


def test_warm_start_begins_where_the_last_fit_ended():
    once = classifier(warm_start=True).fit(X, Y)
    before = once.trace_["training_loss"][-1]
    assert once.fit(X, Y).trace_["training_loss"][0] == pytest.approx(before)


def test_a_fit_goes_on_from_its_checkpoint_bit_for_bit(tmp_path):
    path = tmp_path / "state"
    whole = classifier(epochs=5, validation_fraction=0.2).fit(X, Y)
    from suffice.fit import checkpoint

    held, checkpoint.SECONDS, checkpoint.SHARE = (checkpoint.SECONDS, checkpoint.SHARE), 0.0, float("inf")
    try:
        classifier(epochs=2, validation_fraction=0.2).fit(X, Y, checkpoint=path)
        resumed = classifier(epochs=5, validation_fraction=0.2).fit(X, Y, checkpoint=path)
    finally:
        checkpoint.SECONDS, checkpoint.SHARE = held
    same(resumed, whole)
    for name, values in whole.trace_.items():
        np.testing.assert_array_equal(resumed.trace_[name], values)
    with pytest.raises(FileError, match="state of another fit"):
        classifier(learning_rate=0.02, validation_fraction=0.2).fit(X, Y, checkpoint=path)


def test_divergence_is_said_and_the_last_good_weights_are_kept():
    with pytest.warns(UserWarning, match="Diverged.*smaller learning_rate"):
        found = classifier(optimizer="sgd", learning_rate=1e30).fit(X, Y)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found.model_))
    assert np.isfinite(found.predict_proba(X)).all()
    assert "from before it" in found.outcome_


def test_a_saved_classifier_predicts_the_same_and_learns_on(fitted, tmp_path):
    again = load(save(fitted, tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.partial_fit(X, NAMES).n_iter_ == fitted.n_iter_ + 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


class Linear(eqx.Module):
    weight: np.ndarray

    def __init__(self, inputs, n_classes, key):
        self.weight = np.asarray(jax.random.normal(key, (n_classes, inputs))) / 10

    def __call__(self, row):
        return self.weight @ row


def test_a_net_of_ones_own_is_learned_and_saved_as_weights(tmp_path):
    found = classifier(net=Linear, epochs=10).fit(X, NAMES)
    assert found.score(X, NAMES) > 0.95
    path = save(found, tmp_path / "model")
    with pytest.raises(FileError, match=r"load\(path, net=\.\.\.\)"):
        load(path)
    np.testing.assert_array_equal(load(path, net=Linear).predict_proba(X), found.predict_proba(X))
    np.testing.assert_array_equal(load(path, net=found.model_).predict_proba(X), found.predict_proba(X))
    with pytest.raises(FileError, match="arrays have shapes"):
        load(path, net=MLP(64, (2,), 3, key=0))
    same(classifier(net=Linear(64, 3, jax.random.key(5)), epochs=1).fit(X, Y), classifier(
        net=lambda inputs, n_classes, key: Linear(inputs, n_classes, jax.random.key(5)), epochs=1).fit(X, Y))  # fmt: skip


def test_an_rbm_gives_the_first_layer(tmp_path):
    rbm = RBM(8, epochs=1, random_state=0).fit(X)
    found = classifier(init=rbm, activation="sigmoid", optimizer=optax.set_to_zero(), epochs=1).fit(X, Y)
    np.testing.assert_array_equal(found.model_.layers[0].weight, rbm.weights_.T)
    np.testing.assert_array_equal(found.model_.layers[0].bias, rbm.hidden_bias_)
    same(found, classifier(init=str(save(rbm, tmp_path / "rbm")), activation="sigmoid",
                           optimizer=found.optimizer, epochs=1).fit(X, Y))  # fmt: skip
    with pytest.raises(ValueError, match=r"shape \(64, 8\) .* the network \(64, 5\)"):
        classifier(init=rbm, hidden_sizes=(5,)).fit(X, Y)
    with pytest.raises(ValueError, match="MLP"):
        classifier(init=rbm, net=Linear).fit(X, Y)
    with pytest.raises(ValueError, match="init is a int"):
        classifier(init=3).fit(X, Y)


def test_scikit_learn_callbacks_hear_every_epoch_and_may_stop():
    pytest.importorskip("sklearn.callback")
    heard = []

    class Listener:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None): ...
        def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
            heard.append(fitted_estimator.score(X, y))
            return len(heard) == 2

    found = classifier(epochs=9).set_callbacks(Listener()).fit(X, Y)
    assert found.n_iter_ == 2
    assert "callback" in found.outcome_
    assert heard[1] == found.score(X, Y)


def test_ctrl_c_keeps_the_last_finished_epoch(monkeypatch):
    from suffice.fit.monitor import LearningMonitor

    original = LearningMonitor.__call__

    def pressed(self, state, record):
        stop = original(self, state, record)
        if len(self.records) == 3:
            raise KeyboardInterrupt
        return stop

    monkeypatch.setattr(LearningMonitor, "__call__", pressed)
    found = classifier(epochs=9)
    with pytest.raises(KeyboardInterrupt):
        found.fit(X, Y)
    assert found.n_iter_ == 2
    assert found.outcome_ == Outcome.INTERRUPTED.value
    assert found.predict(X).shape == (300,)


IMAGES = X.reshape(-1, 1, 8, 8)


def test_images_are_rows_and_keep_their_shape(fitted):
    grey = classifier(epochs=1).fit(IMAGES[:, 0], Y)
    same(grey, classifier(epochs=1).fit(X, Y))
    assert grey.image_shape_ == (1, 8, 8)
    np.testing.assert_array_equal(grey.predict(X), grey.predict(IMAGES))
    same(classifier(epochs=1, pixel_scale=16).fit(16 * X, Y), grey)


@pytest.mark.parametrize(
    ("rows", "labels", "options", "message"),
    [
        (IMAGES, Y, {"image_shape": (1, 4, 16)}, r"images of \(channels, height, width\) \(1, 8, 8\); \(1, 4, 16\) is expected"),
        (np.moveaxis(IMAGES, 1, -1), Y, {}, r"channels last.*moveaxis"),
        (np.zeros((300, 5, 8, 3)), Y, {}, r"channels last.*moveaxis"),
        (np.zeros((300, 3, 8, 5)), Y, {"image_shape": (5, 3, 8)}, r"\(5, 3, 8\) is expected"),
        (X, Y, {"image_shape": (28, 28)}, r"64 columns are no images.*\(1, 28, 28\)"),
        (X, Y, {"image_shape": 28}, "image_shape=28"),
        (255 * IMAGES, Y, {}, "Pixel values run from 0 to 255, and 0 to 1 is expected: set pixel_scale=255"),
        (np.zeros((2, 1, 1, 1, 1)), Y[:2], {}, "images .n, height, width"),
        (X, Y + 0.5, {}, "Unknown label type: continuous"),
        (X, np.zeros(300), {}, "one class only"),
        (X, Y, {"validation_fraction": 0.999}, "cannot be divided"),
        (X, Y, {"patience": 2}, "patience needs rows held out"),
        (X, Y, {"patience": 0}, "patience=0"),
        (X, Y, {"validation_fraction": 1.0}, "validation_fraction=1.0"),
        (X, Y, {"learning_rate": 0}, "learning_rate=0"),
        (X, Y, {"learning_rate": "fast"}, "learning_rate='fast'"),
        (X, Y, {"pixel_scale": 0}, "pixel_scale=0"),
        (X, Y, {"epochs": 0}, "epochs=0"),
        (X, Y, {"hidden_sizes": (0,)}, "hidden_sizes=0"),
        (X, Y, {"activation": "step"}, "activation='step'"),
        (X, Y, {"optimizer": "lbfgs"}, "optimizer='lbfgs'"),
        (X, Y, {"precision": "float16"}, "precision='float16'"),
        (X, Y, {"net": "transformer"}, "net='transformer'"),
        (X, Y, {"net": 3}, "net=3"),
        (X, Y, {"net": "resnet"}, "net='resnet' takes images, and rows of 64 columns"),
        (X, Y, {"net": MLP(64, (), 4, key=0)}, r"makes \(2, 4\) of 2 rows.*\(2, 3\) is expected"),
        (X, Y, {"net": MLP(5, (), 3, key=0)}, r"does not take rows of shape \(64,\)"),
        (X, Y, {"net": lambda inputs, n_classes, key: None}, "gave a NoneType"),
        (X, Y, {"class_weight": {0: -1.0}}, "class_weight="),
        (X, Y, {"class_weight": {7: 1.0}}, "not in class_weight"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_was_expected(rows, labels, options, message):
    with pytest.raises(ValueError, match=message):
        classifier(**options).fit(rows, labels)


def test_more_refusals(fitted):
    with pytest.raises(ValueError, match=r"none of \['one', 'two', 'zero'\]"):
        fitted.fit(X, NAMES, validation=(X, np.full(300, "three")))
    with pytest.raises(ValueError, match="pair"):
        classifier().fit(X, Y, validation=X)
    with pytest.raises(ValueError, match="classes=None"):
        classifier().partial_fit(X, Y)
    with pytest.raises(ValueError, match="balanced"):
        classifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="one class only among"):
        classifier().fit(X, Y, sample_weight=(Y == 1).astype(float))
    broken = eqx.tree_at(lambda net: net.layers[0].bias, MLP(64, (), 3, key=0), np.full(3, np.nan, np.float32))
    with pytest.raises(ValueError, match="not finite before the first epoch: scale the columns"):
        classifier(net=broken).fit(X, Y)
    with pytest.warns(UserWarning, match="pixels of bytes.*pixel_scale=255"):
        classifier(epochs=1, standardize=False).fit(np.round(255 * X), Y)


@pytest.fixture(scope="module")
def residual():
    return classifier(net="resnet", channels=4, epochs=25, validation_fraction=0.2).fit(IMAGES, Y)


def test_a_residual_net_is_evaluated_with_its_running_moments(residual, tmp_path):
    assert residual.trace_["validation_error"][-1] < 0.2
    np.testing.assert_array_equal(residual.predict_proba(X[:7]), residual.predict_proba(X)[:7])
    again = load(save(residual, tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(X), residual.predict_proba(X))
    assert again.partial_fit(IMAGES, Y).n_iter_ == 26


def test_a_convolutional_net_takes_small_images():
    found = classifier(net="convnet", epochs=3, image_shape=(8, 8)).fit(X, Y)
    assert found.trace_["training_error"][-1] < 0.2


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (np.zeros((300, 1, 3, 3)), {"batch_size": 1}, "a batch of one row"),
        (np.zeros((300, 1, 2, 2)), {}, "too small"),
        (np.moveaxis(IMAGES, 1, -1), {}, "moveaxis"),
    ],
)
def test_images_that_a_residual_net_cannot_take_are_refused(rows, options, message):
    with pytest.raises(ValueError, match=message):
        classifier(net="resnet", channels=2, **options).fit(rows, Y)


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 50.0), ("adam", 1e4)])
def test_a_network_that_diverges_keeps_the_best_weights_that_it_met(optimizer, rate):
    diverging = NeuralClassifier(
        hidden_sizes=(8,), optimizer=optimizer, learning_rate=rate, batch_size=50, epochs=10, random_state=0
    )
    with pytest.warns(UserWarning, match="Diverged"):
        diverging.fit(X, Y)
    curve = diverging.trace_["training_loss"]
    assert curve[-1] == curve.min()
    assert diverging.outcome_.startswith(Outcome.DIVERGED.value)
    assert all(np.isfinite(layer.weight).all() for layer in diverging.model_.layers)


def test_a_loss_that_still_falls_is_said():
    assert "still falling" in NeuralClassifier(epochs=20, learning_rate=1e-4, random_state=0).fit(X, Y).outcome_
    assert NeuralClassifier(random_state=0).fit(X, Y).outcome_ == "All epochs were done."


def test_a_loss_that_only_trembles_is_not_called_falling():
    """A start that is good already, from other weights say, leaves noise; its size does not matter."""
    draw, epochs = np.random.default_rng(0), np.arange(200)
    trembling = [np.append(1.01, 1 + size * draw.normal(size=199)) for size in (1e-5, 1e-3) for _ in range(20)]
    assert np.mean([still_falling(curve) > FALLING for curve in trembling]) < 0.1
    assert still_falling(1 - epochs / 400) == pytest.approx(20 / 199)
    assert still_falling(np.exp(-epochs / 80) + 1e-4 * draw.normal(size=200)) > FALLING


def test_a_worthless_network_says_so():
    assert "most frequent class" in NeuralClassifier(epochs=3, random_state=0).fit(np.ones((300, 2)), Y).outcome_


def test_a_fit_that_patience_ended_is_the_same_fit_with_its_checkpoint(tmp_path):
    options = {"epochs": 40, "batch_size": 32, "learning_rate": 0.05, "validation_fraction": 0.2, "patience": 2}
    whole = NeuralClassifier(**options, random_state=0).fit(X, Y)
    for _ in range(3):
        again = NeuralClassifier(**options, random_state=0).fit(X, Y, checkpoint=tmp_path / "c")
        assert (again.n_iter_, again.best_epoch_, again.outcome_) == (whole.n_iter_, whole.best_epoch_, whole.outcome_)
        assert (again.model_.layers[0].weight == whole.model_.layers[0].weight).all()


def test_a_checkpoint_is_of_the_rows_held_out_too(tmp_path):
    options = {"epochs": 60, "batch_size": 50, "patience": 1, "learning_rate": 0.1, "random_state": 0}
    NeuralClassifier(**options).fit(X, Y, validation=(X[:50], Y[:50]), checkpoint=tmp_path / "c")
    with pytest.raises(ValueError, match="other"):
        NeuralClassifier(**options).fit(X, Y, validation=(X[50:99], Y[50:99]), checkpoint=tmp_path / "c")


def test_tables_are_standardised_whatever_their_units():
    units = 10.0 ** np.random.default_rng(1).integers(-6, 7, X.shape[1])
    plain, scaled = (NeuralClassifier(epochs=5, random_state=0).fit(rows, Y) for rows in (2 * X, 2 * X * units))
    np.testing.assert_allclose(plain.predict_proba(2 * X), scaled.predict_proba(2 * X * units), atol=1e-3)
    assert plain.mean_ is not None
    assert NeuralClassifier(epochs=1, random_state=0).fit(X, Y).mean_ is None  # from 0 to 1
    assert NeuralClassifier(epochs=1, standardize=False, random_state=0).fit(2 * X, Y).mean_ is None
    with pytest.raises(ValueError, match="standardize"):
        NeuralClassifier(standardize="yes").fit(X, Y)


def test_other_sizes_do_not_go_on_from_the_last_fit():
    warm = NeuralClassifier(warm_start=True, epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="warm_start=False"):
        warm.set_params(hidden_sizes=7).fit(X, Y)


def test_rows_of_weight_zero_are_not_held_out():
    weight = (np.arange(300) < 200).astype(float)
    held = NeuralClassifier(epochs=1, validation_fraction=0.2, random_state=0).fit(X, Y, weight).validation_rows_
    assert held.max() < 200
