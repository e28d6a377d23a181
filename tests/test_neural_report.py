"""Networks on the command line: folders written, refusals, resumption; pictures show what the records say."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imsave
from sklearn.datasets import load_digits

from suffice import NeuralClassifier, load
from suffice.cli import main
from suffice.data import DataError, read_pictures
from suffice.plot import MistakesDisplay, TrainingDisplay

X, Y = load_digits(n_class=3, return_X_y=True)
X, Y = X[:120] / 16, Y[:120]
IMAGES = X.reshape(-1, 8, 8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    np.savez(folder / "digits.npz", X=IMAGES, y=Y)
    np.savez(folder / "bytes.npz", X=np.round(255 * IMAGES).astype(np.uint8), y=Y)
    np.save(folder / "X.npy", IMAGES)
    np.save(folder / "y.npy", Y)
    np.savetxt(folder / "rows.csv", np.column_stack([X, Y]), delimiter=",", header=",".join([*map("p{}".format, range(64)), "y"]),
               comments="")  # fmt: skip
    for i in range(30):
        (folder / "pictures" / f"digit {Y[i]}").mkdir(parents=True, exist_ok=True)
        imsave(folder / "pictures" / f"digit {Y[i]}" / f"{i}.png", IMAGES[i], cmap="gray", vmin=0, vmax=1)
    return folder


def fit(model, path, out, *more):
    return main(["fit", model, str(path), "--out", str(out), "--epochs", "2", "--batch-size", "50", *more])


def test_a_classifier_writes_its_folder(data, tmp_path, capsys):
    assert (
        fit("neural-classifier", data / "digits.npz", tmp_path / "run", "--target", "y", "--hidden-sizes", "8x4") == 0
    )
    said = capsys.readouterr().out
    assert "accuracy" in said
    names = sorted(file.name for file in (tmp_path / "run").iterdir())
    assert names == ["model.safetensors", "predictions.csv", "reading.json", "report.html", "trace.csv"]
    model = load(tmp_path / "run" / "model")
    assert [layer.weight.shape[0] for layer in model.model_.layers] == [8, 4, 3]
    assert model.image_shape_ == (1, 8, 8)
    page = (tmp_path / "run" / "report.html").read_text()
    for title in (
        "Loss by epoch",
        "Error by epoch",
        "Confusion matrix",
        "Confidently wrong",
        "Filters",
        "12 rows held out",
    ):
        assert title in page
    assert (
        (tmp_path / "run" / "trace.csv")
        .read_text()
        .startswith('"epoch","training_loss","training_error","validation_loss"')
    )
    assert main(["show", str(tmp_path / "run")]) == 0
    assert main(["score", str(tmp_path / "run"), str(data / "X.npy"), "--out", str(tmp_path / "said.csv")]) == 0
    lines = (tmp_path / "said.csv").read_text().splitlines()
    assert int(lines[3].split(",")[1]) == model.predict(X)[2]
    assert main(["score", str(tmp_path / "run"), str(data / "X.npy")]) == 2
    assert main(["sample", str(tmp_path / "run")]) == 2


def test_every_kind_of_file_gives_the_same_network(data, tmp_path):
    for name, source, more in (
        ("npz", "digits.npz", ["--target", "y"]),
        ("npy", "X.npy", ["--labels", str(data / "y.npy")]),
        ("csv", "rows.csv", ["--target", "y"]),
    ):
        assert fit("neural-classifier", data / source, tmp_path / name, "--hidden-sizes", "8", *more) == 0
    models = [load(tmp_path / name / "model") for name in ("npz", "npy", "csv")]
    assert models[2].feature_names_in_[3] == "p3"
    del models[2].feature_names_in_
    for model in models[1:]:
        np.testing.assert_array_equal(model.predict_proba(X), models[0].predict_proba(X))


def test_a_residual_net_of_pictures(data, tmp_path, capsys):
    more = ["--net", "resnet", "--channels", "2", "--validation-fraction", "0"]
    assert fit("neural-classifier", data / "pictures", tmp_path / "run", *more) == 0
    assert "rows of the fit" in capsys.readouterr().out
    model = load(tmp_path / "run" / "model")
    assert model.classes_.tolist() == ["digit 0", "digit 1", "digit 2"]
    assert type(model.model_).__name__ == "ResNet"


def test_pictures_are_read_from_0_to_1_and_refused_with_their_names(data, tmp_path):
    table = read_pictures(data / "pictures")
    assert table.image_shape == (1, 8, 8)
    places = [int(file.stem) for file in sorted((data / "pictures").glob("*/*.png"))]
    np.testing.assert_allclose(table.values, X[places], atol=1 / 255)
    with pytest.raises(DataError, match="holds no pictures"):
        read_pictures(tmp_path)
    (tmp_path / "a").mkdir()
    imsave(tmp_path / "a" / "0.png", IMAGES[0], cmap="gray")
    imsave(tmp_path / "a" / "1.png", np.ones((4, 4)), cmap="gray", vmin=0)
    with pytest.raises(DataError, match=r"1\.png has 4 x 4 pixels.*8 x 8"):
        read_pictures(tmp_path)
    (tmp_path / "a" / "1.png").write_bytes(b"text")
    with pytest.raises(DataError, match=r"1\.png cannot be read"):
        read_pictures(tmp_path)
    imsave(tmp_path / "a" / "1.png", np.zeros((8, 8, 4)))
    with pytest.raises(DataError, match="transparent"):
        read_pictures(tmp_path)
    imsave(tmp_path / "a" / "1.png", np.random.default_rng(0).random((8, 8, 3)))
    assert read_pictures(tmp_path).image_shape == (3, 8, 8)


@pytest.mark.parametrize("model", ["autoencoder", "denoising-autoencoder"])
def test_an_autoencoder_writes_its_folder(data, tmp_path, capsys, model):
    run = tmp_path / "run"
    assert fit(model, data / "digits.npz", run, "--target", "y", "--n-hidden", "4") == 0
    assert "validation loss" in capsys.readouterr().out
    assert sorted(file.name for file in run.iterdir()) == ["codes.csv", "model.safetensors", "report.html", "trace.csv"]
    page = (run / "report.html").read_text()
    for title in ("Loss by epoch", "Reconstructions", "Filters"):
        assert title in page
    assert main(["show", str(run)]) == 0
    assert main(["score", str(run), str(data / "X.npy"), "--out", str(tmp_path / "codes.csv")]) == 0
    codes = np.loadtxt(tmp_path / "codes.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(codes[:, 2:], load(run / "model").transform(X), atol=1e-6)
    start = ["--target", "y", "--hidden-sizes", "4", "--activation", "sigmoid", "--init", str(run / "model")]
    assert fit("neural-classifier", data / "digits.npz", tmp_path / "next", *start) == 0


def test_an_interrupted_fit_is_resumed(data, tmp_path, monkeypatch, capsys):
    from suffice.fit import checkpoint
    from suffice.fit.monitor import LearningMonitor

    words = ["--target", "y", "--hidden-sizes", "8"]
    assert fit("neural-classifier", data / "digits.npz", tmp_path / "whole", *words) == 0
    original = LearningMonitor._impatient

    def pressed(self):
        if len(self.records) == 3:
            raise KeyboardInterrupt
        return original(self)

    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", float("inf"))
    monkeypatch.setattr(LearningMonitor, "_impatient", pressed)
    assert fit("neural-classifier", data / "digits.npz", tmp_path / "run", *words) == 130
    assert (tmp_path / "run.checkpoint").exists()
    monkeypatch.setattr(LearningMonitor, "_impatient", original)
    assert fit("neural-classifier", data / "digits.npz", tmp_path / "run", *words) == 2
    assert fit("neural-classifier", data / "digits.npz", tmp_path / "run", *words, "--resume", "--overwrite") == 0
    assert not (tmp_path / "run.checkpoint").exists()
    runs = [load(tmp_path / name / "model").predict_proba(X) for name in ("whole", "run")]
    np.testing.assert_array_equal(*runs)
    assert "--resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("digits.npz", [], "array="),
        ("X.npy", [], "give --target COLUMN, or --labels FILE"),
        ("X.npy", ["--target", "y", "--labels", "y"], "give one of them"),
        ("bytes.npz", ["--target", "y"], "set --pixel-scale=255"),
        ("digits.npz", ["--target", "y", "--image-shape", "4x4"], "(1, 4, 4)"),
        ("digits.npz", ["--target", "y", "--image-shape", "big"], "such as 28x28"),
        ("digits.npz", ["--target", "y", "--patience", "2", "--validation-fraction", "0"], "rows held out"),
        ("digits.npz", ["--target", "y", "--init", "absent"], "absent"),
        ("rows.csv", ["--target", "y", "--net", "resnet"], "set --image-shape"),
        ("pictures", ["--target", "y"], "folder of pictures: leave it out"),
    ],
)
def test_the_command_line_refuses_by_option(data, tmp_path, capsys, name, more, message):
    assert fit("neural-classifier", data / name, tmp_path / "run", *more) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_labels_of_another_length_are_refused(data, tmp_path, capsys):
    np.save(tmp_path / "few.npy", Y[:5])
    assert fit("neural-classifier", data / "X.npy", tmp_path / "run", "--labels", str(tmp_path / "few.npy")) == 2
    assert "5 rows of 1 columns; 120 rows of 1 column are expected" in capsys.readouterr().err


@pytest.fixture(scope="module")
def fitted():
    return NeuralClassifier(hidden_sizes=(8,), epochs=3, batch_size=50, validation_fraction=0.5, random_state=0).fit(
        X, Y
    )


def test_curves_are_drawn_as_the_trace_has_them(fitted):
    for figure in ("loss", "error"):
        ax = TrainingDisplay.from_estimator(fitted, figure=figure, ax=Figure().subplots()).ax_
        for line, part in zip(ax.lines, ("training", "validation"), strict=False):
            np.testing.assert_array_equal(line.get_ydata(), fitted.trace_[f"{part}_{figure}"])
    with pytest.raises(ValueError, match="it has loss, error"):
        TrainingDisplay.from_estimator(fitted, figure="accuracy")


def test_mistakes_are_the_wrong_rows_surest_first(fitted):
    display = MistakesDisplay.from_estimator(fitted, X, Y, image_shape=(8, 8), ax=Figure().subplots())
    chance = fitted.predict_proba(X)
    wrong = chance.argmax(1) != Y
    assert wrong[display.shown_].all()
    assert len(display.shown_) == min(24, wrong.sum())
    sure = chance.max(1)[display.shown_]
    assert (np.diff(sure) <= 0).all()
    assert sure[0] == chance.max(1)[wrong].max()
    with pytest.raises(ValueError, match="1 or 3 channels"):
        MistakesDisplay(images=np.zeros((2, 2)), target=[0, 1], probability=np.eye(2), classes=[0, 1])
