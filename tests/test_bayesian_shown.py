"""What a network shows and completes: which evidence tells most, drawings of fits, shares, draws of gaps together."""

import itertools

import numpy as np
import pyarrow as pa
import pytest

from suffice import BayesianNetwork
from suffice.bayesian.learning.completed import completed

STATES = {"a": ["n", "y"], "b": [0, 1, 2], "c": [False, True], "d": ["u", "v"]}
PARENTS = {"b": ["a"], "c": ["a"], "d": ["b", "c"]}
SHAPES = {"a": (2,), "b": (2, 3), "c": (2, 2), "d": (3, 2, 2)}


def network(seed=0):
    draw = np.random.default_rng(seed)
    tables = {node: draw.dirichlet(np.ones(shape[-1]), size=shape[:-1]) for node, shape in SHAPES.items()}
    return BayesianNetwork.from_tables(tables, PARENTS, STATES)


def joint(net):
    a, b, c, d = (net.tables_[node] for node in STATES)
    return np.einsum("a,ab,ac,bcd->abcd", a, b, c, d)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("evidence", [{}, {"d": "v"}, {"b": 2, "d": "u"}], ids=str)
def test_mutual_information_equals_enumeration(seed, evidence):
    net = network(seed)
    table = joint(net)
    for node, state in evidence.items():
        axis = list(STATES).index(node)
        table = np.take(table, [STATES[node].index(state)], axis)
    table /= table.sum()
    for target in set(STATES) - set(evidence):
        found = net.mutual_information(target, evidence)
        assert set(found) == set(STATES) - set(evidence) - {target}
        assert list(found.values()) == sorted(found.values(), reverse=True)
        for other, nats in found.items():
            kept = [list(STATES).index(node) for node in (target, other)]
            pair = table.sum(tuple(set(range(4)) - set(kept)))
            apart = np.outer(pair.sum(1), pair.sum(0))
            seen = pair > 0
            assert nats == pytest.approx(float((pair[seen] * np.log(pair[seen] / apart[seen])).sum()), abs=1e-12)


def test_gaps_are_drawn_together_as_likely_as_they_are():
    net, count = network(), 40_000
    row = np.array([[-1, 1, -1, 1]], np.int16)
    drawn = completed(net.model_, np.repeat(row, count, 0), np.random.default_rng(0))
    assert (drawn[:, [1, 3]] == 1).all()
    posterior = joint(net)[:, 1, :, 1]
    posterior /= posterior.sum()
    for a, c in itertools.product(range(2), repeat=2):
        share = ((drawn[:, 0] == a) & (drawn[:, 2] == c)).mean()
        assert share == pytest.approx(posterior[a, c], abs=5 * np.sqrt(0.25 / count))


def test_complete_rows_stay_as_they_are():
    rows = network().sample(50, coded=True, random_state=0).astype(np.int16)
    assert np.array_equal(completed(network().model_, rows, np.random.default_rng(0)), rows)


def test_shares_are_of_the_rows_that_observe_a_node():
    rows = pa.table({"a": ["n", "y", None, "y"], "b": [0, None, None, 2]})
    found = network().observed_shares(rows, np.array([1.0, 1.0, 5.0, 2.0]))
    assert found == {"a": {"n": 0.25, "y": 0.75}, "b": {0: 1 / 3, 1: 0.0, 2: 2 / 3}}


def test_a_drawing_is_saved_and_shown(tmp_path):
    drawing = network().draw({"a": "y"}, target="d", rows=network().sample(30, random_state=0))
    assert drawing.save(tmp_path / "net.svg").read_text() == drawing.svg == drawing._repr_svg_()
    assert "of the rows" in drawing.svg


def test_given_tables_say_so_and_are_learned_anew():
    net = network()
    assert net.outcome_ == "The tables were given, not learned."
    assert net.n_iter_ == 0
    rows = net.sample(200, random_state=0)
    assert net.fit(rows).n_iter_ == 1


def test_hidden_nodes_stay_hidden_where_something_is_set_from_outside():
    states = {node: STATES[node] for node in ("b", "c", "d")}
    edges = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    rows = network().sample(200, random_state=0)[:, 1:]
    net = BayesianNetwork(edges, states=states, hidden={"a": 2}, random_state=0).fit(rows)
    set_from_outside = net.do({"b": 1})
    assert np.isfinite(set_from_outside.score_samples(rows[rows[:, 0] == 1])).all()
    assert set_from_outside.parents_["b"] == []


BAD = {
    "unknown target": (lambda net: net.mutual_information("z"), "'z' is no node"),
    "observed target": (lambda net: net.mutual_information("a", {"a": "y"}), "target and observed too"),
    "unknown state": (lambda net: net.mutual_information("a", {"b": 7}), "7 is no state of 'b'"),
    "unknown node drawn": (lambda net: net.draw({"z": 1}), "'z' is no node"),
    "unknown target drawn": (lambda net: net.draw(target="z"), "'z' is no node"),
    "unknown label": (lambda net: net.observed_shares(pa.table({"a": ["m"]})), "'m' in row 0"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_shown_is_refused_with_a_sentence(name):
    call, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        call(network())


def test_impossible_evidence_is_refused():
    net = BayesianNetwork.from_tables(
        {"a": [1.0, 0.0], "b": [[1, 0], [0, 1]]}, {"b": ["a"]}, {"a": [0, 1], "b": [0, 1]}
    )
    with pytest.raises(ValueError, match="probability 0"):
        net.mutual_information("a", {"b": 1})


def test_callbacks_see_every_iteration_and_may_stop_the_fit():
    pytest.importorskip("sklearn.callback")
    seen = []

    class Watching:
        def setup(self, *args, **kwargs): ...

        def teardown(self, *args, **kwargs): ...

        def on_fit_begin(self, *args, **kwargs): ...

        def on_fit_task_begin(self, *args, **kwargs): ...

        def on_fit_task_end(self, *args, **kwargs):
            seen.append(kwargs)
            return len(seen) >= 3

        def on_fit_end(self, *args, **kwargs): ...

    rows = network().sample(100, coded=True, random_state=0).astype(float)
    rows[np.random.default_rng(0).random(rows.shape) < 0.4] = np.nan
    net = BayesianNetwork([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], states=STATES)
    net.set_callbacks(Watching())
    net.fit(rows, coded=True)
    assert net.outcome_.startswith("Stopped by a callback")
    assert 3 <= net.n_iter_ < 10
