"""Results are the same whatever the user's JAX settings, in a thread, and after unpickling elsewhere; callbacks are heard."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from suffice import BernoulliMixture, GaussianMixture

HERE = Path(__file__).parent


def fingerprint() -> str:
    """Digest of what two fitted mixtures learn and say."""
    draw = np.random.default_rng(0)
    X = np.r_[draw.standard_normal((60, 3)), 5 + draw.standard_normal((60, 3))]
    digest = hashlib.sha256()
    for mixture in (GaussianMixture(2, random_state=0), BernoulliMixture(2, random_state=0, max_iter=500)):
        mixture.fit(X)
        for value in (mixture.weights_, mixture.lower_bounds_, mixture.score_samples(X), mixture.predict_proba(X)):
            digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()


def elsewhere(code: str, **settings: str) -> str:
    environment = {**os.environ, **settings}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("flag", ["0", "1"])
def test_result_does_not_depend_on_the_users_precision_flag(flag):
    assert elsewhere("import test_portability as t; print(t.fingerprint())", JAX_ENABLE_X64=flag) == fingerprint()


def test_result_is_the_same_in_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(fingerprint()))
    thread.start()
    thread.join()
    assert found == [fingerprint()]


def test_result_is_the_same_after_unpickling_in_a_fresh_process(tmp_path):
    X = np.random.default_rng(0).standard_normal((50, 3))
    mixture = GaussianMixture(2, random_state=0, max_iter=1000).fit(X)
    (tmp_path / "mixture.pickle").write_bytes(pickle.dumps((mixture, X)))
    code = f"""
import pickle
mixture, X = pickle.load(open({str(tmp_path / "mixture.pickle")!r}, "rb"))
print(mixture.score_samples(X).tobytes().hex())
"""
    assert elsewhere(code, JAX_ENABLE_X64="0") == mixture.score_samples(X).tobytes().hex()


def test_fitted_modules_hold_numpy_arrays():
    import equinox as eqx
    import jax

    mixture = GaussianMixture(2, random_state=0, max_iter=1000).fit(np.random.default_rng(0).standard_normal((80, 1)))
    leaves = [leaf for leaf in jax.tree.leaves(mixture.model_) if eqx.is_array_like(leaf)]
    assert not any(isinstance(leaf, jax.Array) for leaf in leaves)


def test_repeated_fits_compile_nothing_new():
    import jax

    draw = np.random.default_rng(0)
    GaussianMixture(2, random_state=0, max_iter=1000).fit(draw.standard_normal((500, 3)))
    compiled = []
    with jax.log_compiles(False):
        jax.monitoring.register_event_duration_secs_listener(
            lambda name, seconds, **details: (
                compiled.append(name) if name.endswith("backend_compile_duration") else None
            )
        )
        for rows in (501, 777, 1999):
            GaussianMixture(2, random_state=0, max_iter=1000).fit(draw.standard_normal((rows, 3)))
    assert compiled == []


def test_scikit_learn_callbacks_are_heard():
    pytest.importorskip("sklearn.callback")

    class Listener:
        def __init__(self):
            self.heard = []

        def setup(self, estimator, context):
            self.heard.append("setup")

        def teardown(self, estimator, context):
            self.heard.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
            self.heard.append("begin")

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
            self.heard.append(fitted_estimator.lower_bound_ if hasattr(fitted_estimator, "lower_bound_") else "end")
            return self.heard.count("begin") > 3

    listener = Listener()
    draw = np.random.default_rng(0)
    mixture = GaussianMixture(2, random_state=0, tol=0).set_callbacks(listener)
    mixture.fit(draw.standard_normal((50, 2)))
    assert listener.heard[0] == "setup"
    assert listener.heard[-1] == "teardown"
    assert mixture.n_iter_ == 3
    assert "callback" in mixture.outcome_
