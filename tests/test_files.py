"""Saving and loading: every bit survives, and nothing but a whole file of ours is loaded."""

import errno
import json
import os
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save as to_bytes
from sklearn.base import BaseEstimator

from suffice.energy import RBM
from suffice.files import FileError, atomic, classes, container, decode, encode, load, save
from suffice.latent import Bernoulli, Gaussian, Mixture
from suffice.nets import MLP


class Colour(StrEnum):
    RED = "red as a sentence."


class Inner(eqx.Module):
    weight: Any
    size: int = eqx.field(static=True)


class Outer(eqx.Module):
    inner: Inner
    parts: Any


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass(frozen=True)
class Record:
    value: Any


class Estimator(BaseEstimator):
    def __init__(self, n_components=1, start=None, random_state=None):
        self.n_components = n_components
        self.start = start
        self.random_state = random_state


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Classes of this file count as public ones of suffice."""
    ours = {f"suffice.{kind.__name__}": kind for kind in (Colour, Inner, Outer, Pair, Record, Estimator)}
    names, class_named, name_of = {kind: name for name, kind in ours.items()}, classes.class_named, classes.name_of
    monkeypatch.setattr(decode, "class_named", lambda name: ours.get(name) or class_named(name))
    monkeypatch.setattr(encode, "name_of", lambda kind: names.get(kind) or name_of(kind))
    return ours


def same(left, right):
    """Equal in type, dtype, shape and every bit."""
    assert type(left) is type(right)
    if isinstance(left, np.ndarray | np.generic):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        assert left.tolist() == right.tolist() if left.dtype == object else left.tobytes() == right.tobytes()
    elif isinstance(left, list | tuple):
        assert len(left) == len(right)
        for a, b in zip(left, right, strict=True):
            same(a, b)
    elif isinstance(left, dict):
        assert list(left) == list(right)
        same(list(left.values()), list(right.values()))
    elif isinstance(left, float):
        assert left.hex() == right.hex()
    elif hasattr(left, "__dict__") and not isinstance(left, Enum):
        same(vars(left), vars(right))
    else:
        assert left == right


VALUES = [
    *(np.array([[0, 1], [2, 3]]).astype(kind) for kind in encode.TENSOR_TYPES),
    np.array([np.nan, -0.0, np.inf, 5e-324]),
    np.array(3.5),
    np.array(True),
    np.zeros((0, 3), np.float32),
    np.arange(6.0).reshape(2, 3).T,
    np.arange(6.0)[::2],
    np.float32(0.1),
    np.int64(7),
    np.bool_(True),
    np.array(["a", "größe"], object),
    np.array(["a", "größe"]),
    np.array([["a"], ["b"]]),
    np.array([], object),
    0.1,
    float("inf"),
    float("-inf"),
    -0.0,
    1,
    10**30,
    True,
    None,
    'text with "marks" and \n lines',
    [1, [2.0, np.ones(2)]],
    (1, (), [None]),
    {"a": np.ones(2), "b": {"c": "d"}, "": 1},
    Colour.RED,
    Pair(np.ones(2), [Pair(1, 2)]),
    Record({"x": np.zeros(1)}),
    Inner(np.ones(1), 3),
]


@pytest.mark.parametrize(
    "value", VALUES, ids=lambda value: f"{type(value).__name__}-{getattr(value, 'dtype', value)}"[:40]
)
def test_every_kind_of_value_survives_bit_for_bit(tmp_path, value):
    model = Outer(Inner(value, 3), {"again": value})
    same(load(save(model, tmp_path / "model")), model)


def test_nan_survives_as_a_number(tmp_path):
    assert np.isnan(load(save(Record(float("nan")), tmp_path / "model")).value)


def test_an_estimator_survives_with_parameters_and_fitted_values(tmp_path):
    estimator = Estimator(n_components=2, start=np.eye(2), random_state=3)
    estimator.means_ = np.random.default_rng(0).normal(size=(2, 3))
    estimator.traces_ = [np.arange(3.0), np.arange(2.0)]
    estimator.feature_names_in_ = np.array(["x", "y", "z"], object)
    estimator.n_features_in_, estimator.outcome_, estimator.converged_ = 3, "Converged.", True
    estimator.model_ = Inner(np.ones(2, np.float32), 2)
    same(load(save(estimator, tmp_path / "model")), estimator)


def test_jax_arrays_come_back_as_numpy_arrays_of_the_same_precision(tmp_path):
    with jax.enable_x64(True):
        model = Inner(jax.numpy.asarray([0.1, 0.2], "float64"), 2)
    loaded = load(save(model, tmp_path / "model"))
    assert isinstance(loaded.weight, np.ndarray)
    np.testing.assert_array_equal(loaded.weight, np.array([0.1, 0.2]))


@pytest.mark.parametrize("model", [
    Mixture(np.array([0.3, 0.7]), Gaussian(np.ones((2, 3)), np.stack([np.eye(3)] * 2))),
    Mixture(np.array([0.3, 0.7]), Bernoulli(np.full((2, 3), 0.2))),
    RBM(4, 3, key=0),
    MLP(4, [8], 3, key=0),
], ids=lambda model: type(model).__name__)  # fmt: skip
def test_real_modules_survive_bit_for_bit(tmp_path, model):
    loaded = load(save(model, tmp_path / "model"))
    same(loaded, model)
    assert jax.tree.structure(loaded) == jax.tree.structure(model)


def test_real_estimators_predict_the_same_after_loading(tmp_path):
    import suffice as estimators

    if not hasattr(estimators, "GaussianMixture"):
        pytest.skip("the estimators are not there yet")
    X = np.random.default_rng(0).normal(size=(60, 2))
    for kind in (estimators.GaussianMixture, estimators.BernoulliMixture):
        fitted = kind(n_components=2, random_state=0).fit(X)
        loaded = load(save(fitted, tmp_path / "model"))
        same(vars(loaded), vars(fitted))
        assert loaded.predict_proba(X).tobytes() == fitted.predict_proba(X).tobytes()


def test_the_suffix_is_added_once_and_folders_are_made(tmp_path):
    path = save(Record(1), tmp_path / "run" / "model.v2")
    assert path == tmp_path / "run" / "model.v2.safetensors"
    assert save(Record(2), path) == path
    assert load(tmp_path / "run" / "model.v2").value == 2
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.tanh, r"model.value is the function tanh"),
        (lambda x: x, "the function <lambda>"),
        (np.random.RandomState(0), "a RandomState"),
        ({1: 2}, "a dict"),
        (np.array([{}], object), "an array of object"),
        (np.ones(1, complex), "an array of complex128"),
        ([np.array("2020-01-01", "M8[D]")], r"model.value.0 is an array of datetime64"),
        (jax.random.key(0), "JAX key"),
        (eqx.nn.Lambda, "the function Lambda"),
    ],
)
def test_what_a_file_cannot_keep_is_named_with_its_place(tmp_path, value, says):
    with pytest.raises(FileError, match=says):
        save(Record(value), tmp_path / "model")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("thing", [3, [1], {"a": 1}, np.ones(3), Colour.RED])
def test_only_models_are_saved(tmp_path, thing):
    with pytest.raises(FileError, match="give a module or an estimator"):
        save(thing, tmp_path / "model")


def test_a_class_that_is_not_public_is_not_saved(tmp_path):
    class Private(eqx.Module):
        weight: Any

    with pytest.raises(FileError, match="a Private"):
        save(Private(1), tmp_path / "model")


@pytest.fixture
def saved(tmp_path):
    return save(Outer(Inner(np.arange(4.0), 3), ["text", 1.5]), tmp_path / "model")


def test_incomplete_files_are_refused_at_every_length(saved):
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        with pytest.raises(FileError, match=r"model\.safetensors"):
            load(saved)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(FileError):
        load(saved)


def test_a_changed_byte_is_found_wherever_it_is(saved):
    """Only a change that JSON itself does not see, such as of blanks, may pass, and then the model is the same."""
    whole, model = saved.read_bytes(), load(saved)
    for place in range(len(whole)):
        for change in (1, 0x20, 0x80):
            saved.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
            try:
                loaded = load(saved)
            except FileError:
                continue
            same(loaded, model)


def test_the_arrays_are_covered_by_the_checksum(saved):
    whole = bytearray(saved.read_bytes())
    whole[-1] ^= 1
    saved.write_bytes(whole)
    with pytest.raises(FileError, match="checksum does not match"):
        load(saved)


def rewritten(path, change=None, **header):
    """The file with another tree or header, and the checksum that belongs to it."""
    with safe_open(path, "np") as file:
        old, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    tree = json.loads(old["tree"])
    if change is not None:
        change(tree)
    text = json.dumps(tree)
    path.write_bytes(to_bytes(tensors, old | {"tree": text, "checksum": container._checksum(text, tensors)} | header))
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda tree: tree.update(module="os.system"), "names 'os.system', which is no public class"),
        (lambda tree: tree.update(module="suffice.Colour"), "not"),
        (lambda tree: tree["fields"].pop("inner"), r"its Outer lacks \['inner'\]"),
        (lambda tree: tree["fields"].update(extra=1), r"its Outer has \['extra'\], which this version"),
        (lambda tree: tree["fields"].update(inner={"array": "nowhere"}), "does not fit together"),
        (lambda tree: tree["fields"].update(inner={"run": "code"}), r"unknown kind \['run'\]"),
        (lambda tree: tree["fields"].update(inner={"enum": "suffice.Colour", "name": "BLUE"}), "does not fit"),
        (lambda tree: tree["fields"].update(inner={"list": 3}), "does not fit"),
        (lambda tree: tree["fields"].update(inner={"strings": ["a"], "dtype": "O8,f", "shape": [7]}), "does not fit"),
    ],
)
def test_a_file_that_names_other_things_is_refused(saved, change, says):
    with pytest.raises(FileError, match=says):
        load(rewritten(saved, change))


@pytest.mark.parametrize("name", ["__class__", "fit", "_hidden_", "__dict__", "n_components", "x__"])
def test_a_file_cannot_set_anything_but_fitted_attributes(tmp_path, name):
    path = save(Estimator(), tmp_path / "model")
    with pytest.raises(FileError, match="no fitted attribute"):
        load(rewritten(path, lambda tree: tree["fitted"].update({name: 1})))


@pytest.mark.parametrize("params", [{"n_components": 1}, {"n_components": 1, "start": None, "random_state": 0, "q": 1}])
def test_an_estimator_with_other_parameters_is_refused(tmp_path, params):
    path = save(Estimator(), tmp_path / "model")
    with pytest.raises(FileError, match="its Estimator"):
        load(rewritten(path, lambda tree: tree.update(params=params)))


def test_foreign_and_newer_files_are_refused(tmp_path, saved):
    with pytest.raises(FileError, match="newer than this suffice reads"):
        load(rewritten(saved, version="2"))
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(to_bytes({"weight": np.ones(2)}))
    with pytest.raises(FileError, match="of another program"):
        load(foreign)
    foreign.write_bytes(b"PK\x03\x04 this is a zip archive and no model at all")
    with pytest.raises(FileError, match="damaged, incomplete or no model file"):
        load(foreign)
    with pytest.raises(FileError, match="There is no file"):
        load(tmp_path / "none")


def test_deep_nesting_is_refused(saved):
    def nest(tree):
        for _ in range(400):
            tree["fields"]["inner"] = {"list": [tree["fields"]["inner"]]}

    text = json.dumps({"list": [1]})
    deep = '{"list":[' * 100_000 + text + "]}" * 100_000
    path = rewritten(saved, nest, tree=deep, checksum=container._checksum(deep, {"model.inner.weight": np.arange(4.0)}))
    with pytest.raises(FileError, match="does not fit together"):
        load(path)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path, monkeypatch, step):
    path = save(Record(1), tmp_path / "model")

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(FileError, match=r"cannot be written \(No space left on device\)"):
        save(Record(2), path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == [path.name]
    with safe_open(path, "np") as file:
        assert '"value": 1' in file.metadata()["tree"]


def test_a_write_that_the_system_cuts_short_leaves_the_earlier_file(tmp_path):
    resource = pytest.importorskip("resource")
    path = save(Record(1), tmp_path / "model")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(FileError, match=r"cannot be written \(File too large\)"):
            save(Record(np.zeros(10_000)), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == [path.name]
    assert load(path).value == 1
