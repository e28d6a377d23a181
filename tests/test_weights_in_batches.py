"""A row of weight 2 counts as the row twice, whatever the size of the batches; weights are relative."""

import numpy as np
import optax
import pytest

from suffice import RBM, Autoencoder, NeuralClassifier
from suffice.energy import RBM as Module
from suffice.fit import Ascent, contrast, descend
from suffice.fit.row_losses import loss_statistics
from suffice.nets import MLP, classification_loss

X = np.random.default_rng(0).normal(size=(24, 3))
Y = np.random.default_rng(1).integers(0, 2, 24)
WEIGHT = np.random.default_rng(2).gamma(0.5, size=24)
RATE = 1e-7
BINARY = (np.random.default_rng(3).random((300, 6)) < 0.5).astype(float)
STATES = np.array(np.meshgrid(*[[0, 1]] * 6)).reshape(6, -1).T.astype(float)


@pytest.mark.parametrize("batch_size", [1, 3, 8, 24])
def test_an_epoch_of_small_steps_follows_the_weighted_gradient(batch_size):
    net = MLP(3, [4], 2, key=0)
    sums = loss_statistics(net, classification_loss, (X, Y), WEIGHT)
    solution = descend(
        net, (X, Y), loss=classification_loss, weight=WEIGHT, optimizer=optax.sgd(RATE), batch_size=batch_size,
        epochs=1, precision="float64",
    )  # fmt: skip
    moved = np.asarray(solution.model.layers[0].weight) - np.asarray(net.layers[0].weight, np.float64)
    expected = -RATE * (24 / batch_size) * np.asarray(sums.gradient.layers[0].weight) / sums.weight
    np.testing.assert_allclose(moved, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("batch_size", [1, 20, 300])
def test_an_rbm_learns_the_weighted_mean(batch_size):
    weight = np.where(BINARY[:, 0] > 0, 10.0, 1.0)
    epochs = max(20, 3 * batch_size // 10)
    rbm = RBM(2, batch_size=batch_size, epochs=epochs, learning_rate=0.05, sampler="pcd", random_state=0)
    rbm.fit(BINARY, sample_weight=weight)
    share = np.exp(rbm.score_samples(STATES)) @ STATES[:, 0]
    assert share == pytest.approx(np.average(BINARY[:, 0], weights=weight), abs=0.02)


@pytest.mark.parametrize("unit", [1e-46, 1e-30, 1e39])
def test_the_unit_of_weights_changes_no_bit(unit):
    weight = np.full(300, unit)
    for model in (RBM(3, epochs=2, random_state=0), Autoencoder(2, epochs=2, random_state=0)):
        plain, scaled = (np.asarray(model.fit(BINARY, sample_weight=w).weights_) for w in (None, weight))
        assert (plain == scaled).all()


def test_a_batch_of_rows_of_next_to_no_weight_moves_nothing():
    weight = np.exp(-np.linspace(0, 300, 24))
    solution = descend(MLP(3, [4], 2, key=0), (X, Y), loss=classification_loss, weight=weight, batch_size=2, epochs=2)
    assert np.isfinite(solution.trace["loss"]).all()
    rows = (X[:, :3] > 0).astype(float)
    learned = contrast(Module(3, 2, key=0), rows, weight=weight, batch_size=2, epochs=2, ascent=Ascent(centred=True))
    assert np.isfinite(learned.model.weights).all()


@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_class_weights_act_in_batches_of_any_size(batch_size):
    y = (np.arange(200) < 100).astype(int)
    classifier = NeuralClassifier(
        hidden_sizes=(), optimizer="sgd", learning_rate=0.02 if batch_size < 50 else 0.5, batch_size=batch_size,
        epochs=40 if batch_size < 50 else 200, class_weight={1: 9.0}, random_state=0,
    )  # fmt: skip
    assert classifier.fit(np.ones((200, 1)), y).predict_proba([[1.0]])[0, 1] == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("count", [24, 31])
def test_an_epoch_meets_every_row_once_in_either_precision(precision, count):
    import jax

    from suffice.fit.batches import plan_of, rounds_of, shuffled_batches
    from suffice.runtime.precision import scope

    with scope(precision):
        index, true = shuffled_batches(jax.random.key(0), plan_of(count, 7), rounds_of(count))
    assert sorted(np.asarray(index)[np.asarray(true)]) == list(range(count))
