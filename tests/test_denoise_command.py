"""``suffice denoise``: pictures in and out, and what is refused."""

import numpy as np
import pytest
from matplotlib.image import imread, imsave

from suffice import IsingDenoiser
from suffice.cli import main
from suffice.cli.png import read_grey, write_png
from suffice.plot import EnergyDisplay


@pytest.fixture(scope="module")
def noisy():
    clean = np.kron([[0, 255], [255, 0]], np.ones((8, 10), np.uint8))
    return np.where(np.random.default_rng(0).random(clean.shape) < 0.1, 255 - clean, clean).astype(np.uint8)


@pytest.fixture(scope="module")
def picture(noisy, tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "noisy.png"
    write_png(path, noisy)
    return path


def test_a_picture_is_restored_as_the_denoiser_does(picture, noisy, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["denoise", str(picture), "--method", "cut", "--h", "0.1", "--beta", "0.9", "--out", str(out)]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["after.png", "before.png", "energy.png"]
    restored = IsingDenoiser(0.1, 0.9).denoise(noisy)
    assert (read_grey(out / "before.png") == noisy).all()
    assert (read_grey(out / "after.png") == restored.images).all()
    assert imread(out / "energy.png").std() > 0
    said = capsys.readouterr().out
    assert f"{restored.energy:.6g} after; {(restored.images != noisy).sum()} of {noisy.size} pixels" in said
    assert restored.outcome in said


def test_a_grey_picture_is_cut_at_a_threshold(noisy, tmp_path):
    write_png(tmp_path / "grey.png", np.where(noisy > 0, 190, 60) + np.arange(noisy.shape[1]) % 5)
    words = [
        "denoise",
        str(tmp_path / "grey.png"),
        "--method",
        "icm",
        "--threshold",
        "128",
        "--out",
        str(tmp_path / "a"),
    ]
    assert main(words) == 0
    assert (read_grey(tmp_path / "a" / "before.png") == noisy).all()
    assert main([*words[:-1], str(tmp_path / "a")]) == 2
    assert main([*words, "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("case", "options", "said"),
    [
        ("grey", [], "--threshold"),
        ("grey", ["--threshold", "255"], "one colour"),
        ("colour", [], "colour picture"),
        ("transparent", [], "transparent"),
        ("text", [], "cannot be read as a picture"),
        ("absent", [], "There is no file"),
        ("plain", ["--eta", "0"], "eta"),
        ("plain", ["--method", "cuts"], "cut"),
    ],
)
def test_what_cannot_be_restored_is_refused_in_one_line_and_nothing_is_left(case, options, said, tmp_path, capsys):
    path, ramp = tmp_path / "picture.png", np.linspace(0, 1, 24).reshape(4, 6)
    if case == "grey":
        write_png(path, 255 * ramp)
    elif case == "colour":
        imsave(path, np.dstack([ramp, 1 - ramp, ramp]))
    elif case == "transparent":
        imsave(path, np.dstack([ramp, ramp, ramp, ramp]))
    elif case == "text":
        path.write_text("no picture")
    elif case == "plain":
        write_png(path, np.eye(4) * 255)
    assert main(["denoise", str(path), *options, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_display_draws_a_line_for_each_image_and_each_bound():
    display = EnergyDisplay(trace=[[3.0, 1.0], [4.0, 2.0]], lower_bound=[0.5, 1.5]).plot()
    assert [line.get_linestyle() for line in display.ax_.lines] == ["-", "-", "--", "--"]
