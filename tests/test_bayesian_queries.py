"""What users ask a network by labels: contracts, other libraries, approximations, and bad input."""

import importlib
import importlib.util
import os
import warnings
from pathlib import Path

import networkx
import numpy as np
import pytest
from bayesian_networks import joint, marginal, random_network, rows_of, weighted

from suffice.bayesian.network import checked_network
from suffice.bayesian.normalisation import total_probability
from suffice.bayesian.row_posteriors import row_posteriors
from suffice.estimators.bayesian.network import BayesianNetwork

STATES = {"rain": ["no", "yes"], "sprinkler": ["off", "on"], "wet": ["dry", "damp", "soaked"]}
TABLES = {
    "rain": [0.8, 0.2],
    "sprinkler": [[0.6, 0.4], [0.99, 0.01]],
    "wet": [[[0.9, 0.1, 0.0], [0.2, 0.5, 0.3]], [[0.1, 0.4, 0.5], [0.0, 0.2, 0.8]]],
}
PARENTS = {"sprinkler": ["rain"], "wet": ["rain", "sprinkler"]}
FILES = Path(os.environ.get("SUFFICE_DATA", "absent")) / "bif"
needs_files = pytest.mark.skipif(not FILES.exists(), reason="SUFFICE_DATA has no networks in bif/")
needs_pyagrum = pytest.mark.skipif(importlib.util.find_spec("pyagrum") is None, reason="pyagrum is not installed")


@pytest.fixture(scope="module")
def net():
    return BayesianNetwork.from_tables(TABLES, PARENTS, STATES)


def test_answers_are_those_of_the_joint_table(net):
    table = joint(net.model_)
    found = net.marginals({"wet": "soaked"})
    kept = weighted(table, [-1, -1, 2])
    assert found.exact
    assert found["rain"]["yes"] == pytest.approx(marginal(kept, [0])[1] / kept.sum(), abs=1e-15)
    assert found.log_evidence == pytest.approx(np.log(kept.sum()), abs=1e-14)
    assert net.marginals()["wet"]["dry"] == pytest.approx(marginal(table, [2])[0], abs=1e-15)
    np.testing.assert_allclose(net.posterior(["wet", "rain"]), marginal(table, [2, 0]), atol=1e-15)
    states, log = net.most_probable({"wet": "soaked"})
    best = np.unravel_index(kept.argmax(), kept.shape)
    assert list(states.values()) == [STATES[node][code] for node, code in zip(STATES, best, strict=True)]
    assert log == pytest.approx(np.log(kept.max()))


def test_likelihoods_count_as_evidence(net):
    soft = {"wet": {"damp": 0.2, "soaked": 0.8}}
    kept = weighted(joint(net.model_), [-1, -1, -1], {2: np.array([0, 0.2, 0.8])})
    found = net.marginals(soft=soft)
    assert found["rain"]["yes"] == pytest.approx(marginal(kept, [0])[1] / kept.sum(), abs=1e-15)
    assert net.most_probable(soft=soft).log_probability == pytest.approx(np.log(kept.max()))
    draws = net.sample(4000, soft=soft, coded=True, random_state=0)
    assert abs((draws[:, 0] == 1).mean() - found["rain"]["yes"]) < 0.04
    np.testing.assert_allclose(net.posterior(["rain"], soft=soft), marginal(kept, [0]) / kept.sum(), atol=1e-15)


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_a_factor_of_all_likelihoods_changes_the_evidence_alone_whatever_its_size(net, factor):
    soft = {"rain": {"no": 0.3, "yes": 0.9}, "wet": {"damp": 0.2, "soaked": 0.8}}
    large = {node: {state: factor * own for state, own in given.items()} for node, given in soft.items()}
    found, expected = net.marginals(soft=large), net.marginals(soft=soft)
    assert found.log_evidence == pytest.approx(expected.log_evidence + 2 * np.log(factor), rel=1e-12)
    loopy, loopy_expected = (net.marginals(soft=own, method="loopy") for own in (large, soft))
    for node in STATES:
        np.testing.assert_allclose(list(found[node].values()), list(expected[node].values()), atol=1e-12)
        np.testing.assert_allclose(list(loopy[node].values()), list(loopy_expected[node].values()), atol=1e-9)
    np.testing.assert_allclose(
        net.posterior(["sprinkler"], soft=large), net.posterior(["sprinkler"], soft=soft), atol=1e-12
    )
    most = net.most_probable(soft=large)
    assert most.log_probability == pytest.approx(net.most_probable(soft=soft).log_probability + 2 * np.log(factor))
    draws = [net.sample(50, soft=own, coded=True, random_state=0).tolist() for own in (large, soft)]
    assert draws[0] == draws[1]


def test_an_intervention_cuts_the_arcs_from_the_parents(net):
    set_on = net.do({"sprinkler": "on"})
    assert set_on.parents_["sprinkler"] == []
    assert set_on.marginals()["rain"]["yes"] == pytest.approx(0.2)
    assert net.marginals({"sprinkler": "on"})["rain"]["yes"] < 0.01
    expected = 0.8 * np.array([0.2, 0.5, 0.3]) + 0.2 * np.array([0.0, 0.2, 0.8])
    np.testing.assert_allclose(list(set_on.marginals()["wet"].values()), expected)
    assert net.marginals()["sprinkler"]["on"] == pytest.approx(0.8 * 0.4 + 0.2 * 0.01)


def test_gaps_are_filled_each_by_itself_or_together(net):
    rows = np.array([["yes", None, "dry"], [None, None, "soaked"], ["no", "off", None]], object)
    expected = net.marginals({"wet": "soaked"})
    alone, together = net.impute(rows), net.impute(rows, joint=True)
    assert alone[1, 0] == max(expected["rain"], key=expected["rain"].get)
    assert list(together[1]) == list(net.most_probable({"wet": "soaked"}).states.values())
    assert np.all((alone == rows) | (rows == None))  # noqa: E711
    np.testing.assert_array_equal(net.impute([[1, -1, 0]], coded=True), [[1, 0, 0]])


def test_rows_go_by_the_names_of_columns_and_labels_come_back(net):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"wet": ["dry", None, "soaked"], "rain": ["no", "yes", None]}, index=[7, 8, 9])
    found = net.predict_proba(frame)
    assert found["wet"].shape == (3, 3)
    np.testing.assert_array_equal(found["rain"][:2], [[1, 0], [0, 1]])
    one = net.marginals({"wet": "soaked"})
    np.testing.assert_allclose(found["sprinkler"][2], list(one["sprinkler"].values()), atol=1e-15)
    assert net.score_samples(frame)[2] == pytest.approx(one.log_evidence)
    assert net.score(frame) == pytest.approx(net.score_samples(frame).mean())
    assert list(net.predict_proba(frame, ["wet"])) == ["wet"]
    assert net.impute(frame).index.tolist() == [7, 8, 9]


def test_draws_repeat_and_agree_with_what_is_given(net):
    first, second = (net.sample(50, {"wet": "dry"}, random_state=3) for _ in range(2))
    assert np.array_equal(first, second)
    assert set(first[:, 2]) == {"dry"}


def test_what_it_takes_is_said_and_refused(net):
    cost = net.cost()
    assert cost.largest_table == 12
    assert cost.operations > 0
    assert net.cost([["no", "off", None]] * 5).operations > 0
    with pytest.raises(ValueError, match=r"largest table of 12 entries.*max_bytes=10\b.*likelihood-weighting"):
        net.marginals(max_bytes=10)
    with pytest.raises(ValueError, match="max_bytes=10"):
        net.posterior(["rain"], max_bytes=10)
    with pytest.raises(ValueError, match="max_bytes=10"):
        net.most_probable(max_bytes=10)


@pytest.mark.parametrize("ask", ["predict_proba", "score_samples", "impute"])
def test_rows_are_refused_where_they_take_too_much(net, ask):
    rows = [["no", None, "dry"], [None, "off", None]] * 10
    with pytest.raises(ValueError, match=r"largest table of .*max_bytes=10.*marginals"):
        getattr(net, ask)(rows, max_bytes=10)
    getattr(net, ask)(rows, max_bytes=10**6)
    with pytest.raises(ValueError, match="max_bytes=10"):
        net.impute(rows, joint=True, max_bytes=10)


def test_a_network_too_wide_is_refused_with_the_way_out_and_never_tried():
    """48 roots, 48 children that are observed, of eight roots each: a table of more than 2^36 entries."""
    draw = np.random.default_rng(0)
    roots, children = [f"r{place}" for place in range(48)], [f"c{place}" for place in range(48)]
    tables = {root: [0.5, 0.5] for root in roots} | {child: draw.dirichlet([1, 1], [2] * 8) for child in children}
    parents = {child: draw.choice(roots, 8, replace=False).tolist() for child in children}
    wide = BayesianNetwork.from_tables(tables, parents, {name: [0, 1] for name in roots + children})
    rows, given = np.full((3, 96), -1), dict.fromkeys(children, 1)
    rows[:, 48:] = 1
    asked = [
        lambda: wide.marginals(given), lambda: wide.posterior(["r0", "r1"], given), lambda: wide.most_probable(given),
        lambda: wide.sample(2, given), lambda: wide.predict_proba(rows, coded=True), lambda: wide.score_samples(rows, coded=True),
        lambda: wide.impute(rows, coded=True), lambda: wide.predict_proba(rows[:1], coded=True),
        lambda: wide.impute(rows, joint=True, coded=True),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(ValueError, match=r"Exact inference takes a largest table of .*likelihood-weighting"):
            ask()
    assert wide.cost(given).largest_table > 2**36
    rows[0] = 0
    with pytest.raises(ValueError, match=r"Exact inference takes .*Leave edges out"):
        BayesianNetwork(wide.edges_, states=wide.states_).fit(rows, coded=True)
    assert not wide.marginals(given, method="likelihood-weighting", n_samples=50, random_state=0).exact


def test_the_graph_is_that_of_networkx(net):
    assert sorted(net.graph().edges) == sorted(net.edges_)
    assert net.moral_graph().number_of_edges() == 3
    network = random_network(5, 8)
    other = BayesianNetwork.from_network(network)
    for node in network.nodes:
        blanket = other.markov_blanket(node)
        rest = [name for name in network.nodes if name != node and name not in blanket]
        assert not rest or other.d_separated(node, rest, blanket)
    assert networkx.is_directed_acyclic_graph(other.graph())


def test_a_joint_distribution_sums_to_one_whatever_its_graph():
    for seed in range(20):
        network = random_network(seed, 7)
        assert total_probability(network) == pytest.approx(1, abs=1e-12)
        assert BayesianNetwork.from_network(network).is_normalised()
        tables = (network.tables[0] * 1.1, *(table**1.3 for table in network.tables[1:]))
        wrong = type(network)(tables, network.nodes, network.states, network.parents)
        assert total_probability(wrong) == pytest.approx(joint(wrong).sum(), rel=1e-12)


def test_a_cycle_whose_product_sums_to_something_else_is_refused():
    """Two variables that depend on each other: the product of their tables sums to 1.044."""
    a, b = np.array([[0.7, 0.3], [0.48, 0.52]]), np.array([[0.8, 0.2], [0.6, 0.4]])
    assert np.einsum("ba,ab->", a, b) == pytest.approx(1.044)
    with pytest.raises(ValueError, match=r"(a -> b -> a|b -> a -> b) form a cycle"):
        checked_network({"a": a, "b": b}, {"a": ["b"], "b": ["a"]}, {"a": [0, 1], "b": [0, 1]})


def test_likelihood_weighting_is_within_its_errors(net):
    exact = net.marginals({"wet": "damp"})
    found = net.marginals({"wet": "damp"}, method="likelihood-weighting", n_samples=20_000, random_state=0)
    assert not found.exact
    for node in ("rain", "sprinkler"):
        for state, probability in exact[node].items():
            assert abs(found[node][state] - probability) < 5 * found.standard_errors[node][state]
    spread = [
        net.marginals({"wet": "damp"}, method="likelihood-weighting", n_samples=500, random_state=seed)["rain"]["yes"]
        for seed in range(60)
    ]
    claimed = net.marginals({"wet": "damp"}, method="likelihood-weighting", n_samples=500, random_state=0)
    assert 0.6 < np.std(spread) / claimed.standard_errors["rain"]["yes"] < 1.6
    assert found.log_evidence == pytest.approx(exact.log_evidence, abs=0.02)


def test_loopy_propagation_is_right_on_a_tree_and_says_that_it_is_not_exact():
    states = {name: ["a", "b"] for name in "xyz"}
    tables = {"x": [0.3, 0.7], "y": [[0.9, 0.1], [0.4, 0.6]], "z": [[0.2, 0.8], [0.5, 0.5]]}
    tree = BayesianNetwork.from_tables(tables, {"y": ["x"], "z": ["y"]}, states)
    exact, found = tree.marginals({"z": "b"}), tree.marginals({"z": "b"}, method="loopy")
    assert not found.exact
    assert found.standard_errors is None
    for node in "xyz":
        np.testing.assert_allclose(list(found[node].values()), list(exact[node].values()), atol=1e-8)


def test_messages_of_many_children_do_not_underflow():
    children = [f"child{number}" for number in range(400)]
    tables = {"cause": [0.5, 0.5]} | {name: [[0.9999, 0.0001], [0.0001, 0.9999]] for name in children}
    states = {name: ["a", "b"] for name in tables}
    star = BayesianNetwork.from_tables(tables, {name: ["cause"] for name in children}, states)
    given = {name: "ab"[number % 2] for number, name in enumerate(children)}
    found = star.marginals(given, method="loopy")
    assert found["cause"]["b"] == pytest.approx(star.marginals(given)["cause"]["b"], abs=1e-9)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda net: net.marginals({"snow": "yes"}), "'snow' is no node.*'rain', 'sprinkler', 'wet'"),
        (lambda net: net.marginals({"rain": "maybe"}), "'maybe' is no state of 'rain'; its states are 'no', 'yes'"),
        (lambda net: net.marginals({"rain": ["no"]}), "is no state of 'rain'"),
        (lambda net: net.marginals(["rain"]), "evidence has to be a mapping"),
        (lambda net: net.marginals({"wet": "soaked", "rain": "no", "sprinkler": "off"}), "rain=no.*wet=soaked has probability 0"),
        (lambda net: net.most_probable({"wet": "soaked", "rain": "no", "sprinkler": "off"}), "probability 0"),
        (lambda net: net.sample(3, {"wet": "soaked", "rain": "no", "sprinkler": "off"}), "probability 0"),
        (lambda net: net.posterior(["rain"], {"wet": "soaked", "rain": "no", "sprinkler": "off"}), "target and observed"),
        (lambda net: net.posterior([]), "name one node or more"),
        (lambda net: net.posterior(["rain", "rain"]), "each once"),
        (lambda net: net.posterior(["rain"], {"rain": "no"}), "'rain' is a target and observed"),
        (lambda net: net.marginals(soft={"rain": {"no": -1}}), "likelihoods"),
        (lambda net: net.marginals(soft={"rain": {"no": 0}}), "not all 0"),
        (lambda net: net.marginals(soft={"rain": {"maybe": 1}}), "'maybe' is no state"),
        (lambda net: net.marginals(method="gibbs"), "method"),
        (lambda net: net.sample(0), "n_samples=0"),
        (lambda net: net.predict_proba([["no", "off", "soaked"]]), r"probability 0 in 1 of 1 rows.*: 0\. With impossible"),
        (lambda net: net.predict_proba([["no", "off", None]], ["snow"]), "'snow' is no node"),
        (lambda net: net.predict_proba([["no", "off", "dry"]], impossible="ignore"), "impossible='ignore'"),
        (lambda net: net.predict_proba([["no", "maybe", "dry"]]), "maybe"),
        (lambda net: net.impute([["no", "off", "soaked"]]), "probability 0"),
        (lambda net: net.do({"rain": "maybe"}), "'maybe' is no state"),
        (lambda net: net.d_separated("rain", "rain", []), "no two share"),
        (lambda net: net.markov_blanket("snow"), "'snow' is no node"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence(net, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(net)


def test_impossible_rows_are_nan_where_that_is_asked_for(net):
    rows = [["no", "off", "soaked"], ["no", None, "dry"]]
    found = net.predict_proba(rows, impossible="nan")["sprinkler"]
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    assert np.isneginf(net.score_samples(rows)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("tables", "parents", "states", "message"),
    [
        ({"a": [0.5, 0.6]}, {}, {"a": [0, 1]}, r"p\(a\) sums to 1\.1; expected 1"),
        ({"a": [1, 0], "b": [[1, 0], [0.2, 0.9]]}, {"b": ["a"]}, {"a": ["x", "y"], "b": [0, 1]}, r"p\(b \| a=y\) sums to 1\.1"),
        ({"a": [1.5, -0.5]}, {}, {"a": [0, 1]}, "cannot be negative"),
        ({"a": [np.nan, 1]}, {}, {"a": [0, 1]}, "not finite"),
        ({"a": [1, 0, 0]}, {}, {"a": [0, 1]}, r"has shape \(3,\); expected \(2,\)"),
        ({}, {}, {"a": [0, 1]}, "'a' has no table"),
        ({"a": [1, 0], "c": [1]}, {}, {"a": [0, 1]}, "'c' is no node"),
        ({"a": [1, 0]}, {"a": ["b"]}, {"a": [0, 1]}, "'b' is no node"),
        ({"a": [1, 0]}, {"a": ["a"]}, {"a": [0, 1]}, "its own parent"),
        ({"a": [1, 0]}, {"b": []}, {"a": [0, 1]}, "'b' is no node"),
        ({"a": [1, 0]}, {}, {"a": [0, 0]}, "state 0 twice"),
        ({"a": ["x", "y"]}, {}, {"a": [0, 1]}, "no array of numbers"),
        ({}, {}, {}, "no nodes"),
        ({"a": [1, 0], "b": [[1, 0]] * 2}, {"b": ["a", "a"]}, {"a": [0, 1], "b": [0, 1]}, "name a node twice"),
    ],
)  # fmt: skip
def test_tables_that_are_no_network_are_refused(tables, parents, states, message):
    with pytest.raises(ValueError, match=message):
        checked_network(tables, parents, states)


@needs_files
@needs_pyagrum
@pytest.mark.parametrize("name", ["asia", "alarm", "insurance", "hailfinder", "hepar2", "win95pts"])
def test_posteriors_are_those_of_pyagrum(name):
    pyagrum = imported_pyagrum()
    net = BayesianNetwork.from_bif(FILES / f"{name}.bif.gz")
    network, peer = net.model_, agrum_network(net.model_, pyagrum)
    codes = np.where(
        np.random.default_rng(1).random((5, len(network.nodes))) < 0.5, net.sample(5, coded=True, random_state=0), -1
    )
    found = row_posteriors(network, codes, range(len(network.nodes)))
    engine = pyagrum.LazyPropagation(peer)
    for row, own in enumerate(codes):
        engine.setEvidence({network.nodes[node]: int(code) for node, code in enumerate(own) if code >= 0})
        engine.makeInference()
        assert found.log_evidence[row] == pytest.approx(np.log(engine.evidenceProbability()), abs=1e-9)
        for node, columns in found.columns.items():
            expected = engine.posterior(network.nodes[node]).toarray()
            np.testing.assert_allclose(found.table[row, columns], expected, atol=1e-9)


def imported_pyagrum():
    """The module; its import crashes where warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pyagrum")


def agrum_network(network, pyagrum):
    """The same float64 tables as pyAgrum has them: last axis the node, parents before it in its own order."""
    peer = pyagrum.BayesNet()
    for node, size in zip(network.nodes, network.cardinalities, strict=True):
        peer.add(pyagrum.LabelizedVariable(node, node, [f"s{code}" for code in range(size)]))
    for family in network.families:
        for parent in family[:-1]:
            peer.addArc(network.nodes[parent], network.nodes[family[-1]])
    for family, table in zip(network.families, network.tables, strict=True):
        own = peer.cpt(network.nodes[family[-1]])
        names = [network.nodes[axis] for axis in family]
        order = [names.index(name) for name in reversed(own.names)]
        own[:] = np.ascontiguousarray(table.transpose(order))
    return peer


@needs_files
@pytest.mark.parametrize("name", ["link", "munin1", "pathfinder", "pigs", "andes"])
def test_half_observed_rows_of_large_networks_fit(name):
    net = BayesianNetwork.from_bif(FILES / f"{name}.bif.gz")
    drawn = net.sample(2, coded=True, random_state=0)
    codes = np.where(np.random.default_rng(0).random(drawn.shape) < 0.5, drawn, -1)
    logs = net.score_samples(codes, coded=True)
    found = net.predict_proba(codes, coded=True)
    assert np.all(logs < 0)
    assert all(np.allclose(own.sum(1), 1, atol=1e-12) for own in found.values())
    assert net.is_normalised()


def test_rows_of_a_random_network_are_those_of_single_queries():
    network = random_network(11, 9)
    net = BayesianNetwork.from_network(network)
    codes = rows_of(network, 3, 40, 0.5)
    found = net.predict_proba(codes, coded=True)
    for row, own in enumerate(codes[:10]):
        given = {
            node: state
            for node, code, states in zip(network.nodes, own, network.states, strict=True)
            if code >= 0
            for state in [states[code]]
        }
        one = net.marginals(given)
        for node in network.nodes:
            np.testing.assert_allclose(found[node][row], list(one[node].values()), atol=1e-14)


def test_fewer_targets_and_fewer_rows_give_the_same_numbers():
    network = random_network(12, 9)
    net = BayesianNetwork.from_network(network)
    codes = rows_of(network, 4, 300, 0.5)
    every = net.predict_proba(codes, coded=True)
    for node in network.nodes:
        np.testing.assert_allclose(net.predict_proba(codes, [node], coded=True)[node], every[node], atol=1e-13)
        np.testing.assert_allclose(net.predict_proba(codes[7:9], coded=True)[node], every[node][7:9], atol=1e-13)
