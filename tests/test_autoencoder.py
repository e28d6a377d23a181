"""The autoencoders: what they reconstruct, keep, start from, and refuse."""

import equinox as eqx
import jax
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from suffice import RBM, Autoencoder, DenoisingAutoencoder, NeuralClassifier, load, save

X, Y = load_digits(n_class=3, return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
OPTIONS = {"learning_rate": 0.01, "batch_size": 50, "epochs": 3, "random_state": 0}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture(scope="module")
def fitted():
    return Autoencoder(8, **OPTIONS | {"epochs": 20}, validation_fraction=0.2).fit(X)


@pytest.fixture(scope="module")
def denoising():
    return DenoisingAutoencoder(8, rate=0.2, **OPTIONS).fit(X)


def cross_entropy(rows, said):
    return -(rows * np.log(said) + (1 - rows) * np.log(1 - said)).sum(1)


def test_codes_and_reconstructions_are_those_of_the_formula(fitted):
    net = fitted.model_
    codes = fitted.transform(X)
    np.testing.assert_allclose(codes, sigmoid(X @ net.weight.T + net.hidden_bias), atol=1e-6)
    np.testing.assert_array_equal(fitted.weights_, net.weight.T)
    said = fitted.inverse_transform(codes)
    np.testing.assert_allclose(said, sigmoid(codes @ net.decoder_weight.T + net.visible_bias), atol=1e-6)
    np.testing.assert_allclose(fitted.reconstruction_loss(X), cross_entropy(X, said.astype(float)), rtol=1e-4)
    assert fitted.score(X) == pytest.approx(-fitted.reconstruction_loss(X).mean())


def test_it_beats_the_mean_of_the_columns_and_the_curve_is_what_it_says(fitted):
    share = np.clip(X.mean(0), 1e-6, 1 - 1e-6)
    assert -fitted.score(X) < cross_entropy(X, share[None]).mean() - 2
    held = fitted.validation_rows_
    assert len(held) == 60
    losses = fitted.trace_["validation_loss"]
    assert fitted.best_epoch_ == losses.argmin()
    assert fitted.reconstruction_loss(X[held]).mean() == pytest.approx(losses.min(), rel=1e-5)
    assert list(fitted.learning_curve_.columns) == ["epoch", "training_loss", "validation_loss"]


def test_rate_zero_is_the_plain_autoencoder_bit_for_bit():
    plain = Autoencoder(8, **OPTIONS).fit(X)
    zero = DenoisingAutoencoder(8, rate=0.0, **OPTIONS).fit(X)
    assert eqx.tree_equal(plain.model_, zero.model_.autoencoder)
    np.testing.assert_array_equal(plain.transform(X), zero.transform(X))


def test_a_denoising_autoencoder_fills_in_dropped_values_better(denoising):
    longer = OPTIONS | {"epochs": 60}
    plain, noisy = Autoencoder(8, **longer).fit(X), DenoisingAutoencoder(8, rate=0.4, **longer).fit(X)
    dropped = np.where(np.random.default_rng(0).random(X.shape) < 0.4, 0, X)
    losses = [
        cross_entropy(X, each.inverse_transform(each.transform(dropped)).astype(float)).mean()
        for each in (plain, noisy)
    ]
    assert losses[1] < losses[0]
    np.testing.assert_array_equal(denoising.transform(X), denoising.transform(X))


def test_tied_weights_have_no_decoder_of_their_own():
    tied = Autoencoder(8, tied=True, **OPTIONS).fit(X)
    assert tied.model_.decoder_weight is None
    said = sigmoid(tied.transform(X) @ tied.weights_.T + tied.model_.visible_bias)
    np.testing.assert_allclose(tied.inverse_transform(tied.transform(X)), said, atol=1e-6)


@pytest.mark.parametrize("tied", [True, False])
def test_an_rbm_gives_weights_and_biases(tied):
    rbm = RBM(8, epochs=1, random_state=0).fit(X)
    found = Autoencoder(8, tied=tied, init=rbm, **OPTIONS | {"optimizer": optax.set_to_zero(), "epochs": 1}).fit(X)
    np.testing.assert_allclose(found.transform(X), rbm.transform(X), atol=1e-6)
    again = found.as_initial_weights()
    for mine, theirs in zip(again, rbm.as_initial_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_classifier_starts_from_either(fitted, denoising, tmp_path):
    path = str(save(denoising, tmp_path / "denoising"))
    for source, init in ((fitted, fitted), (denoising, path)):
        found = NeuralClassifier(
            hidden_sizes=(8,), activation="sigmoid", init=init, optimizer=optax.set_to_zero(), epochs=1, random_state=0
        ).fit(X, Y)
        first = found.model_.layers[0]
        np.testing.assert_allclose(sigmoid(X @ first.weight.T + first.bias), source.transform(X), atol=1e-6)


def test_real_columns_are_standardised_and_reconstructed():
    rng = np.random.default_rng(0)
    rows = 50 + rng.normal(size=(300, 2)) @ rng.normal(size=(2, 64)) * 10
    with pytest.warns(UserWarning, match=r"X runs from .* outside \[0, 1\].*pixel_scale"):
        found = Autoencoder(8, **OPTIONS | {"epochs": 40}).fit(rows)
    assert found.visible_ == "gaussian"
    said = found.inverse_transform(found.transform(rows))
    assert ((said - rows) ** 2).mean() < 0.3 * rows.var(0).mean()
    again = Autoencoder(8, visible="gaussian", init=found, **OPTIONS | {"optimizer": optax.set_to_zero(), "epochs": 1})
    np.testing.assert_allclose(again.fit(rows).transform(rows), found.transform(rows), atol=1e-4)
    error = ((said - rows) / found.scale_) ** 2
    np.testing.assert_allclose(found.reconstruction_loss(rows), error.sum(1) / 2, rtol=1e-3)


def test_what_principal_components_explain_beyond_it_is_said_and_is_the_most():
    rng = np.random.default_rng(0)
    rows, weight = 5 + rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6)), rng.integers(0, 3, 200)
    options = {"visible": "gaussian", "learning_rate": 0.02, "batch_size": 20, "random_state": 0}
    short, long = (Autoencoder(2, epochs=epochs, **options).fit(rows, sample_weight=weight) for epochs in (15, 300))
    units = np.repeat((rows - short.mean_) / short.scale_, weight, axis=0)
    most = PCA(2).fit(units).explained_variance_ratio_.sum()
    explained = [1 - 2 * net.reconstruction_loss(rows) @ weight / np.square(units).sum() for net in (short, long)]
    assert f"explains {explained[0]:.1%} of the variance" in short.outcome_
    assert f"2 principal components explain {most:.1%}" in short.outcome_
    assert explained[0] < explained[1] < most
    assert explained[1] > most - 0.01
    assert "principal" not in long.outcome_


def test_weight_two_is_in_the_mean_over_seeds_a_row_twice():
    weight = np.where(Y == 0, 3, 1)
    many = np.repeat(np.arange(300), weight)
    losses = []
    for seed in range(6):
        options = OPTIONS | {"random_state": seed}
        fits = (
            Autoencoder(8, **options | {"epochs": 6}).fit(X, sample_weight=weight),
            Autoencoder(8, **options | {"epochs": 4, "batch_size": 55}).fit(X[many]),
            Autoencoder(8, **options | {"epochs": 6}).fit(X),
        )
        losses.append([each.reconstruction_loss(X[Y == 0]).mean() for each in fits])
    weighted, repeated, plain = np.array(losses).T
    assert (plain - weighted).mean() > abs((weighted - repeated).mean())


def test_partial_fit_is_an_epoch_and_a_saved_one_goes_on(fitted, denoising, tmp_path):
    stepwise = Autoencoder(8, **OPTIONS)
    for _ in range(3):
        stepwise.partial_fit(X)
    assert eqx.tree_equal(stepwise.model_, Autoencoder(8, **OPTIONS).fit(X).model_)
    for each in (fitted, denoising):
        again = load(save(each, tmp_path / "model"))
        np.testing.assert_array_equal(again.transform(X), each.transform(X))
        assert again.partial_fit(X).n_iter_ == each.n_iter_ + 1


def test_a_checkpoint_and_a_warm_start_go_on(tmp_path):
    warm = DenoisingAutoencoder(8, rate=0.2, warm_start=True, **OPTIONS).fit(X)
    before = -warm.score(X)
    assert warm.fit(X).trace_["training_loss"][0] == pytest.approx(before)
    path = tmp_path / "state"
    first = Autoencoder(8, **OPTIONS).fit(X, checkpoint=path)
    again = Autoencoder(8, **OPTIONS).fit(X, checkpoint=path)
    assert eqx.tree_equal(first.model_, again.model_)


def test_bytes_are_scaled_when_told_to():
    told = Autoencoder(8, pixel_scale=255, **OPTIONS).fit(255 * X)
    assert told.visible_ == "bernoulli"
    plain = Autoencoder(8, **OPTIONS).fit(X)
    np.testing.assert_allclose(told.transform(255 * X), plain.transform(X), atol=1e-4)
    assert told.inverse_transform(told.transform(255 * X)).max() > 2
    with pytest.raises(ValueError, match="0 to 1 are expected: set pixel_scale"):
        plain.transform(255 * X)


def test_divergence_is_said_and_the_last_good_weights_are_kept():
    with pytest.warns(UserWarning, match="Diverged"):
        found = Autoencoder(8, **OPTIONS | {"optimizer": "sgd", "learning_rate": 1e38}).fit(X)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found.model_))


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (X, {"n_hidden": 0}, "n_hidden=0"),
        (X, {"visible": "poisson"}, "visible='poisson'"),
        (255 * X, {"visible": "bernoulli"}, "values from 0 to 1 are expected"),
        (X, {"patience": 2}, "patience needs rows held out"),
        (X, {"init": RBM(4, epochs=1, random_state=0)}, "not fitted"),
        (X, {"validation_fraction": 0.999}, "cannot be divided"),
        (X.reshape(-1, 8, 8, 1), {"image_shape": (1, 8, 8)}, "channels"),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(rows, options, message):
    with pytest.raises(ValueError, match=message):
        Autoencoder(**{"n_hidden": 8} | OPTIONS | options).fit(rows)


def test_more_refusals(fitted):
    with pytest.raises(ValueError, match=r"\(rows, 8\) hidden units are expected"):
        fitted.inverse_transform(np.zeros((2, 9)))
    with pytest.raises(ValueError, match="rate=1"):
        DenoisingAutoencoder(8, rate=1, **OPTIONS).fit(X)
    with pytest.raises(ValueError, match=r"shape \(64, 8\)"):
        Autoencoder(5, init=fitted, **OPTIONS).fit(X)
    with pytest.raises(ValueError, match="1 rows cannot be divided"):
        Autoencoder(8, **OPTIONS, validation_fraction=0.9).fit(
            X, sample_weight=np.isin(np.arange(300), fitted.validation_rows_[:1])
        )
