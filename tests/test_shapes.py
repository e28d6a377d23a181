"""Shapes that signatures state are checked while tests run, and cost nothing in use."""

import subprocess
import sys

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from suffice.latent import Gaussian

PROGRAM = """
import numpy as np
from suffice.latent import Gaussian
assert not hasattr(Gaussian.translated, "__wrapped__")
Gaussian(np.zeros((1, 2)), np.eye(2)[None]).translated(np.zeros((2, 1)))
"""


def test_an_array_of_another_shape_is_refused():
    family = Gaussian(np.zeros((1, 2)), np.eye(2)[None])
    assert np.shape(family.translated(np.ones(2)).means) == (1, 2)
    with pytest.raises(TypeCheckError, match="shift"):
        family.translated(np.ones((2, 1)))


def test_an_array_of_another_type_is_refused():
    with pytest.raises(TypeCheckError, match="shift"):
        Gaussian(np.zeros((1, 2)), np.eye(2)[None]).translated(np.ones(2, int))


def test_nothing_is_checked_in_use():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
