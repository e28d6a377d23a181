"""Model files whose bytes are whole and whose numbers are none are refused; every model that was saved before is not."""

from pathlib import Path

import numpy as np
import pytest

from suffice import FileError, GaussianMixture, PoissonMixture, load, save
from suffice.files.container import write
from suffice.files.decode import decode

ROWS = np.random.default_rng(0).normal(size=(40, 2))
SAVED = sorted((Path(__file__).parent / "saved").glob("*.safetensors"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_models_that_were_fitted_are_plausible(path):
    assert load(path) is not None


@pytest.mark.parametrize(
    ("estimator", "part", "name", "value", "says"),
    [
        (GaussianMixture(2, random_state=0), "model_", "log_weights", [0.5, np.log(0.5)], "do not sum to 1"),
        (GaussianMixture(2, random_state=0), "components", "means", np.full((2, 2), np.nan), "are not finite"),
        (PoissonMixture(2, random_state=0), "components", "rates", -np.ones((2, 2)), "are below 0"),
    ],
)
def test_impossible_numbers_are_refused(tmp_path, estimator, part, name, value, says):
    estimator.fit(np.abs(ROWS * 9).round())
    owner = estimator.model_ if part == "model_" else estimator.model_.components
    assert hasattr(owner, name)
    object.__setattr__(owner, name, np.asarray(value))
    with pytest.raises(FileError, match=f"has {name} that {says}"):
        load(save(estimator, tmp_path / "model"))


def test_text_larger_than_memory_is_refused_before_it_is_made(tmp_path):
    tree = {"strings": ["a"], "dtype": "<U500000000", "shape": [1]}
    with pytest.raises(FileError, match="is in no model"):
        decode(tree, {})
    write(tree, {}, tmp_path / "model.safetensors", "suffice")
    with pytest.raises(FileError, match="cannot be loaded"):
        load(tmp_path / "model")
