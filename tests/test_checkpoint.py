"""Fits that are stopped and go on: the same parameters bit for bit, and what cannot go on is refused."""

from __future__ import annotations

from importlib.metadata import version

import jax
import numpy as np
import pytest

from suffice import FileError, GaussianMixture, load, save
from suffice.fit import checkpoint as checkpoint_module
from suffice.fit import em
from suffice.fit.iterations import State, em_step
from suffice.fit.stretches import Passes
from suffice.latent import DiagonalGaussian, Gaussian, Mixture, TiedGaussian
from suffice.rows.place import place
from suffice.runtime.precision import scope

limited = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
pytestmark = limited


@pytest.fixture(autouse=True)
def _written_after_every_iteration(monkeypatch):
    monkeypatch.setattr(checkpoint_module, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint_module, "SHARE", np.inf)
    monkeypatch.setattr(checkpoint_module, "SHARE", np.inf)


def groups(rows, features=4, seed=0):
    draw = np.random.default_rng(seed)
    centres = 2 * draw.standard_normal((5, features))
    return centres[draw.integers(5, size=rows)] + draw.standard_normal((rows, features))


def batches(X):
    return [X[start : start + 1500] for start in range(0, len(X), 1500)]


SOURCES = {
    "one block": lambda: groups(400),
    "many blocks": lambda: groups(50_000),
    "stream": lambda: batches(groups(4000)),
}


def stop_at(iteration):
    """A callback in whose place the user presses Ctrl-C."""

    def on_step(done, objective, model):
        if done >= iteration:
            raise KeyboardInterrupt

    return on_step


def assert_same_bits(one, other):
    a, b = jax.tree.leaves(one), jax.tree.leaves(other)
    assert len(a) == len(b)
    for left, right in zip(a, b, strict=True):
        assert np.asarray(left).tobytes() == np.asarray(right).tobytes()


def start_of(kind, restarts):
    """Restarts of different quality, so that some come to rest long before others."""
    draw = np.random.default_rng(1)
    means = draw.standard_normal((restarts, 5, 4)) * np.linspace(0.2, 3, restarts)[:, None, None]
    means[0] = groups(5, seed=0)
    weights = np.full((restarts, 5), 0.2)
    whole = np.broadcast_to(np.eye(4), (restarts, 5, 4, 4))
    families = {
        "full": lambda: Gaussian(means, whole),
        "tied": lambda: TiedGaussian(means, whole[:, 0]),
        "diag": lambda: DiagonalGaussian(means, np.ones_like(means)),
    }
    return Mixture(weights, families[kind]())


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("kind", "restarts", "step_by_step"), [("full", 4, False), ("tied", 1, False), ("diag", 4, True)]
)
def test_a_fit_stopped_anywhere_goes_on_to_the_same_bits(source, kind, restarts, step_by_step, tmp_path):
    data, model = SOURCES[source](), start_of(kind, restarts)
    options = {"tol": 3e-3, "max_iter": 30, "step_by_step": step_by_step}
    whole = em(model, data, **options)
    assert len(whole.trace) > 8
    for stops in ([3, 6], [20]):
        path = tmp_path / f"{stops}"
        for stop in stops:
            em(model, data, checkpoint=path, on_step=stop_at(stop), **options)
        again = em(model, data, checkpoint=path, **options)
        assert_same_bits((again.model, again.trace), (whole.model, whole.trace))
        assert again.outcome == whole.outcome
        np.testing.assert_array_equal(again.details["converged"], whole.details["converged"])


def test_the_e_step_that_was_made_ready_is_taken_over(tmp_path):
    """Worked out anew, by another program, it may differ in the last bit; and the choice of the form depends on it."""
    model, data = start_of("full", 2), SOURCES["stream"]()
    with scope("float64"):
        rows = place(data, None, precision="float64", tile=model.tile)
        state = State(model, np.full(2, -np.inf), np.ones(2, bool))
        first, second = Passes(rows, em_step), Passes(rows, em_step)
        for _ in range(4):  # the next is no power of 2, where the form is chosen again
            state, _ = first(state, np.asarray(0.0), 1)
        prepared = first.prepared(state)
        prepared["arrays"] = [array + 1e-9 for array in prepared["arrays"]]
        second.resume(state, prepared)
        assert_same_bits(second.prepared(state), prepared)
        moved, as_it_was = second(state, np.asarray(0.0), 1)[0], first(state, np.asarray(0.0), 1)[0]
    assert not np.array_equal(moved.model.components.means, as_it_was.model.components.means)


def test_what_was_done_is_not_done_again(tmp_path):
    model, data, seen = start_of("full", 2), SOURCES["stream"](), []
    em(model, data, tol=0, max_iter=12, checkpoint=tmp_path / "c", on_step=stop_at(8))
    em(model, data, tol=0, max_iter=12, checkpoint=tmp_path / "c", on_step=lambda done, *_: seen.append(done))
    assert seen == [8, 9, 10, 11, 12]
    em(model, data, tol=0, max_iter=12, checkpoint=tmp_path / "c", on_step=lambda done, *_: seen.append(done))
    assert seen == [8, 9, 10, 11, 12]


@pytest.mark.parametrize("source", SOURCES)
def test_an_estimator_goes_on_to_the_same_bits(source, tmp_path, monkeypatch):
    data = SOURCES[source]()
    options = {"n_components": 5, "n_init": 3, "random_state": 0, "tol": 0, "max_iter": 15}

    def made():
        return GaussianMixture(**options)

    whole, stopped = made().fit(data), made()
    written, original = [], checkpoint_module.write_record

    def killed(*arguments):
        original(*arguments)
        written.append(arguments)
        if len(written) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint_module, "write_record", killed)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(data, checkpoint=tmp_path / "c")
    assert stopped.n_iter_ < whole.n_iter_
    again = made().fit(data, checkpoint=tmp_path / "c")
    assert_same_bits(again.model_, whole.model_)
    assert_same_bits(again.traces_, whole.traces_)
    assert (again.outcome_, again.n_iter_) == (whole.outcome_, whole.n_iter_)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"max_iter": 4}, "it had max_iter=6, and this one has 4"),
        ({"tol": 0.5}, r"it had tol=0\.0, and this one has 0\.5"),
        ({"precision": "float32"}, "it had precision='float64', and this one has 'float32'"),
        ({"random_state": 1}, "it began with other parameters"),
        ({"n_components": 2}, "it began with other parameters"),
        ({"prior_strength": 1.0}, "it began with other parameters"),
    ],
)
def test_other_parameters_are_refused(change, said, tmp_path):
    options = {"n_components": 3, "tol": 0.0, "max_iter": 6, "random_state": 0}
    data = groups(400)
    GaussianMixture(**options).fit(data, checkpoint=tmp_path / "c")
    with pytest.raises(FileError, match=f"holds the state of another fit: {said}.*to start anew"):
        GaussianMixture(**{**options, **change}).fit(data, checkpoint=tmp_path / "c")


def test_another_version_is_refused(tmp_path, monkeypatch):
    data = groups(400)
    em(start_of("full", 1), data, checkpoint=tmp_path / "c", max_iter=3)
    monkeypatch.setattr(checkpoint_module, "version", lambda package: "999" if package == "jax" else version(package))
    with pytest.raises(FileError, match=r"it had jax='.*', and this one has '999'"):
        em(start_of("full", 1), data, checkpoint=tmp_path / "c", max_iter=3)


@pytest.mark.parametrize("source", SOURCES)
def test_other_rows_or_weights_are_refused_where_the_start_is_the_same(source, tmp_path):
    data, model = SOURCES[source](), start_of("full", 2)
    em(model, data, checkpoint=tmp_path / "c", max_iter=3)
    other = [*data[:-1], data[-1] + 1e-6] if source == "stream" else np.vstack([data[:-1], data[-1:] + 1e-6])
    with pytest.raises(FileError, match=r"its first iteration gave the log-likelihood .* with these rows and weights"):
        em(model, other, checkpoint=tmp_path / "c", max_iter=3)
    if source != "stream":
        with pytest.raises(FileError, match="its first iteration"):
            em(model, data, weight=np.linspace(1, 2, len(data)), checkpoint=tmp_path / "c", max_iter=3)


def test_a_file_that_is_damaged_or_something_else_is_refused(tmp_path):
    data, model, path = groups(400), start_of("full", 1), tmp_path / "c"
    em(model, data, checkpoint=path, max_iter=3)
    content = path.read_bytes()
    save(model, tmp_path / "model")
    flipped = content[:-1] + bytes([content[-1] ^ 1])
    for wrong in (b"", b"text", content[:-9], flipped, (tmp_path / "model.safetensors").read_bytes()):
        path.write_bytes(wrong)
        with pytest.raises(FileError, match=r"The fit cannot be continued: .* Remove this file to start anew"):
            em(model, data, checkpoint=path, max_iter=3)
        assert path.read_bytes() == wrong


def test_a_checkpoint_is_no_model(tmp_path):
    em(start_of("full", 1), groups(400), checkpoint=tmp_path / "c.safetensors", max_iter=3)
    with pytest.raises(FileError, match=r"was not written by suffice\.save"):
        load(tmp_path / "c.safetensors")


def test_writing_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "SHARE", 0.02)
    now, writes = [0.0], []

    def slow_write(*arguments):
        writes.append(now[0])
        now[0] += 0.1

    monkeypatch.setattr(checkpoint_module, "write_record", slow_write)
    monkeypatch.setattr(checkpoint_module.time, "monotonic", lambda: now[0])
    kept = checkpoint_module.Checkpoint(tmp_path / "c", {})
    while now[0] < 100:
        now[0] += 0.01
        kept.keep(dict, last=False)
    assert 0.1 * len(writes) <= 0.02 * 100 + 0.2
    kept.keep(dict, last=True)
    assert writes[-1] == pytest.approx(now[0] - 0.1)
