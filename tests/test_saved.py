"""Files of earlier versions stay readable: each model in ``saved/`` says of its rows what it said when it was written.

The models and the numbers beside them were written by the version of commit 3f761db; those of Bayesian networks, negative
binomial and exponential mixtures by that of 7e4bb2a.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from suffice import load

SAVED = sorted((Path(__file__).parent / "saved").glob("*.safetensors"))
SINGLE = ("rbm", "neural", "autoencoder", "denoising", "gaussian_single")


def rows_of(kept):
    if "rows" in kept:
        return kept["rows"]
    return pd.DataFrame({name.removeprefix("column "): kept[name] for name in kept.files if name.startswith("column ")})


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_model_of_an_earlier_version_says_what_it_said(path):
    model, kept = load(path), np.load(path.with_suffix(".npz"))
    tolerance = 5e-5 if path.stem.startswith(SINGLE) else 1e-9
    said = [name.removeprefix("said ") for name in kept.files if name.startswith("said ")]
    assert said
    for method in said:
        found = getattr(model, method)(rows_of(kept))
        found = found.images if method == "denoise" else found
        np.testing.assert_allclose(found, kept[f"said {method}"], rtol=tolerance, atol=tolerance, err_msg=method)


def test_every_kind_of_estimator_is_kept():
    assert len(SAVED) == 32
