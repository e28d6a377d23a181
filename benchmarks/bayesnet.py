"""Bayesian networks: rows with gaps, single queries, learning; ours and the peers in one run.

``python benchmarks/bayesnet.py`` prints each case and ends with one JSON line; ``--help`` has the options. Networks are those in
the folder ``bif`` of ``SUFFICE_DATA``. The extra ``bench`` brings pyAgrum and pgmpy; they are named and skipped where absent.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from bayesnet_peers import agrum_engine, agrum_learner, agrum_network, agrum_posteriors, imported, pgmpy_network
from measure import fresh_process, interleaved, machine
from mixtures import CONSOLE, say

from suffice import BayesianNetwork
from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.planner import planner_of_graph

FILES = Path(os.environ.get("SUFFICE_DATA", "")) / "bif"
ENGINES = ("LazyPropagation", "ShaferShenoyInference")
ROWS = {
    "alarm": 200,
    "hepar2": 100,
    "win95pts": 100,
    "hailfinder": 100,
    "insurance": 200,
    "pathfinder": 20,
    "pigs": 10,
    "andes": 10,
}
"""Networks, and how many rows the peer's figure comes from."""


def read(name: str) -> BayesianNetwork:
    """One of the networks."""
    return BayesianNetwork.from_bif(FILES / f"{name}.bif.gz")


def drawn(net: BayesianNetwork, count: int, missing: float, seed: int = 0) -> np.ndarray:
    """Rows of codes with a share of the cells missing."""
    codes = net.sample(count, coded=True, random_state=seed)
    return np.where(np.random.default_rng(seed).random(codes.shape) < missing, -1, codes)


def labelled(net: BayesianNetwork, codes: np.ndarray, missing: Any = None) -> Any:
    """The same as a frame of labels."""
    import pandas

    columns = {
        node: np.append(np.array(list(map(str, states)), object), missing)[codes[:, place]]
        for place, (node, states) in enumerate(net.states_.items())
    }
    return pandas.DataFrame(columns)


def with_peer() -> bool:
    """Whether pyAgrum is there."""
    return find_spec("pyagrum") is not None


def timed_rows(runs: dict[str, tuple[Callable[[], Any], int]], repeats: int) -> dict[str, float]:
    """Microseconds a row: the fits take turns."""
    found = interleaved({name: run for name, (run, _) in runs.items()}, repeats)
    return {name: 1e6 * found[name]["seconds"] / count for name, (_, count) in runs.items()}


def posteriors_of_rows(name: str, count: int, peer_rows: int, repeats: int) -> dict[str, Any]:
    """All posteriors of rows with half the cells missing, planning included."""
    net = read(name)
    codes = drawn(net, count, 0.5)

    def ours() -> Any:
        planner_of_graph.cache_clear()
        return net.predict_proba(codes, coded=True)

    runs: dict[str, tuple[Callable[[], Any], int]] = {"suffice": (ours, count)}
    if with_peer():
        peer = agrum_network(net.model_)
        for engine in ENGINES:
            made = agrum_engine(peer, engine)
            runs[engine] = (lambda made=made: agrum_posteriors(made, net.model_, codes[:peer_rows]), peer_rows)
    case = timed_rows(runs, repeats)
    theirs = min((case[engine] for engine in ENGINES if engine in case), default=np.nan)
    said = f"{case['suffice']:.1f} us a row; pyAgrum {theirs:.0f}: {theirs / case['suffice']:.0f} times"
    return say(f"{name}, half the cells missing", said, rows=count, **case)


def one_target(count: int, peer_rows: int) -> dict[str, Any]:
    """All but the target observed, against ``BNClassifier``."""
    net, target = read("alarm"), "LVFAILURE"
    codes = drawn(net, count, 0.0)
    frame = labelled(net, codes)
    without = frame.drop(columns=[target])
    runs: dict[str, tuple[Callable[[], Any], int]] = {"suffice": (lambda: net.predict_proba(without, [target]), count)}
    if with_peer():
        classifier = imported("pyagrum.skbn").createBNClassifier()
        classifier.fromTrainedModel(agrum_network(net.model_), targetAttribute=target, targetModality="TRUE")
        names = [node for node in net.nodes_ if node != target]
        runs["BNClassifier"] = (lambda: classifier.predict_proba(frame[names].iloc[:peer_rows]), peer_rows)
    case = timed_rows(runs, 3)
    theirs = case.get("BNClassifier", np.nan)
    said = f"{case['suffice']:.2f} us a row; BNClassifier {theirs:.0f}: {theirs / case['suffice']:.0f} times"
    return say("alarm, all but the target observed", said, rows=count, **case)


def against_pgmpy(count: int, peer_rows: int) -> dict[str, Any]:
    """All posteriors, against pgmpy's, one target after another."""
    net = read("alarm")
    codes = drawn(net, count, 0.5)
    runs: dict[str, tuple[Callable[[], Any], int]] = {"suffice": (lambda: net.predict_proba(codes, coded=True), count)}
    if find_spec("pgmpy") is not None:
        engine = imported("pgmpy.inference").VariableElimination(pgmpy_network(net.model_))

        def theirs() -> None:
            for own in codes[:peer_rows]:
                given = {net.nodes_[node]: int(code) for node, code in enumerate(own) if code >= 0}
                for node in net.nodes_:
                    if node not in given:
                        engine.query([node], given, show_progress=False)

        runs["pgmpy"] = (theirs, peer_rows)
    case = timed_rows(runs, 1)
    theirs_time = case.get("pgmpy", np.nan)
    said = f"{case['suffice']:.2f} us a row; pgmpy {theirs_time:.0f}: {theirs_time / case['suffice']:.0f} times"
    return say("alarm, half the cells missing", said, rows=count, **case)


def single_queries(name: str, count: int) -> dict[str, Any]:
    """Queries with patterns never seen before, all marginals; then the same again."""
    net = read(name)
    codes = drawn(net, count + 1, 0.7, seed=5)
    given = [
        {node: net.states_[node][code] for node, code in zip(net.nodes_, own, strict=True) if code >= 0}
        for own in codes
    ]
    net.marginals(given[0])
    case = {"suffice": _each(net.marginals, given[1:]), "suffice_again": _each(net.marginals, given[1:])}
    if with_peer():
        engine = agrum_engine(agrum_network(net.model_), ENGINES[0])
        agrum_posteriors(engine, net.model_, codes[:1])
        case["lazy"] = _each(lambda own: agrum_posteriors(engine, net.model_, own[None]), codes[1:])
    ratio = case["suffice"] / case.get("lazy", np.nan)
    said = f"{case['suffice']:.0f} us, seen before {case['suffice_again']:.0f}; LazyPropagation {case.get('lazy', np.nan):.0f}"
    return say(f"{name}, one query", f"{said}: {ratio:.2f} of its time", **case)


def _each(ask: Callable[[Any], Any], questions: Any) -> float:
    """Microseconds of one question."""
    start = time.perf_counter()
    for question in questions:
        ask(question)
    return 1e6 * (time.perf_counter() - start) / len(questions)


def large_rows(name: str, count: int, peer: bool) -> dict[str, Any]:
    """Half-observed rows of the largest networks."""
    net = read(name)
    codes = drawn(net, count, 0.5)
    runs: dict[str, tuple[Callable[[], Any], int]] = {"suffice": (lambda: net.predict_proba(codes, coded=True), count)}
    if peer and with_peer():
        engine = agrum_engine(agrum_network(net.model_), ENGINES[0])
        runs["lazy"] = (lambda: agrum_posteriors(engine, net.model_, codes), count)
    case = timed_rows(runs, 1)
    said = f"{case['suffice'] / 1e3:.1f} ms a row; LazyPropagation {case.get('lazy', np.nan) / 1e3:.1f}"
    return say(f"{name}, half the cells missing", said, rows=count, **case)


def no_evidence(name: str) -> dict[str, Any]:
    """All marginals in a process of its own: seconds, the search for an order included, and memory that it adds."""
    command = [sys.executable, str(Path(__file__).resolve()), "--alone", name]
    case = json.loads(fresh_process(command)[1].splitlines()[-1])
    said = f"{case['seconds']:.2f} s, {case['megabytes']:.0f} MB"
    return say(f"{name}, no evidence", said, **case)


def memory_from_here() -> int:
    """Memory of this process, whose peak counts from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """Most memory of this process so far (Linux)."""
    text = Path("/proc/self/status").read_text()
    return 1024 * int(text.split("VmHWM:")[1].split()[0])


def alone(name: str) -> None:
    """What ``no_evidence`` runs."""
    net = read(name)
    before = memory_from_here()
    start = time.perf_counter()
    net.marginals()
    seconds = time.perf_counter() - start
    added = peak_bytes() - before
    print(json.dumps({"seconds": seconds, "megabytes": added / 2**20}))


def memory_of_rows(count: int) -> dict[str, Any]:
    """What posteriors of rows add beyond their result."""
    command = [sys.executable, str(Path(__file__).resolve()), "--rows-alone", str(count)]
    case = json.loads(fresh_process(command)[1].splitlines()[-1])
    return say("alarm, memory beyond the result", f"{case['megabytes']:.0f} MB for {count:,} rows", **case)


def rows_alone(count: int) -> None:
    """What ``memory_of_rows`` runs."""
    net = read("alarm")
    codes = drawn(net, count, 0.5).astype(np.int8)
    net.predict_proba(codes[:100], coded=True)
    before = memory_from_here()
    found = net.predict_proba(codes, coded=True)
    added = peak_bytes() - before
    print(json.dumps({"megabytes": added / 2**20 - sum(own.nbytes for own in found.values()) / 2**20}))


def expectation_maximisation(name: str, count: int, peer_rows: int, missing: float = 0.2) -> dict[str, Any]:
    """A pass of the E-step with a share of the cells missing, against ``useEM``."""
    net = read(name)
    codes, network = drawn(net, count, missing), net.model_
    planned = PlannedRows(network.parents, network.cardinalities, codes, np.ones(count))
    seconds = interleaved({"pass": lambda: planned.expected(network.tables)}, 5)["pass"]["seconds"]
    case = {"suffice": 1e6 * seconds / count}
    if with_peer():
        case["useEM"] = _agrum_em(net, codes[:peer_rows])
    theirs = case.get("useEM", np.nan)
    said = f"{case['suffice']:.2f} us a row; useEM {theirs:.0f}: {theirs / case['suffice']:.0f} times"
    return say(f"{name}, a pass of EM, {missing:.0%} missing", said, rows=count, **case)


def _agrum_em(net: BayesianNetwork, codes: np.ndarray) -> float:
    """Microseconds a row of one of pyAgrum's iterations."""
    peer = agrum_network(net.model_)
    learner = agrum_learner(peer, labelled(net, codes, "?"))
    learner.useEM(1e-3)
    learner.useSmoothingPrior(1.0)
    start = time.perf_counter()
    learner.learnParameters(peer.dag())
    return 1e6 * (time.perf_counter() - start) / len(codes) / learner.EMnbrIterations()


def em_to_convergence(count: int) -> dict[str, Any]:
    """A whole fit with a fifth of the cells missing."""
    net = read("alarm")
    codes = drawn(net, count, 0.2)
    start = time.perf_counter()
    fitted = BayesianNetwork(net.edges_, states=net.states_).fit(codes, coded=True)
    seconds = time.perf_counter() - start
    said = f"{seconds:.1f} s, {len(fitted.lower_bounds_)} iterations: {fitted.outcome_}"
    return say("alarm, EM to convergence", said, rows=count, seconds=seconds)


def complete_rows(count: int) -> dict[str, Any]:
    """Tables from complete rows: a frame of strings, and one of categories."""
    net = read("alarm")
    frame = labelled(net, drawn(net, count, 0.0))
    categories = frame.astype("category")
    made = BayesianNetwork(net.edges_, states=net.states_, prior_strength=10)
    runs: dict[str, Callable[[], Any]] = {
        "strings": lambda: made.fit(frame),
        "categories": lambda: made.fit(categories),
    }
    if with_peer():
        peer = agrum_network(net.model_)

        def theirs() -> None:
            learner = agrum_learner(peer, frame)
            learner.useSmoothingPrior(1.0)
            learner.learnParameters(peer.dag())

        runs["pyagrum"] = theirs
    case = {name: own["seconds"] for name, own in interleaved(runs, 3).items()}
    theirs_time = case.get("pyagrum", np.nan)
    ratios = f"{theirs_time / case['strings']:.1f} and {theirs_time / case['categories']:.1f} times"
    said = f"{case['strings']:.2f} s from strings, {case['categories']:.2f} from categories; pyAgrum {theirs_time:.2f}: {ratios}"
    return say("alarm, tables from complete rows", said, rows=count, **case)


def hill_climbing(count: int) -> dict[str, Any]:
    """Structures by BIC: seconds, and the structural Hamming distance from the network that drew the rows."""
    net = read("alarm")
    frame = labelled(net, drawn(net, count, 0.0))
    runs: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "suffice": lambda: BayesianNetwork(structure="hill-climbing", states=net.states_).fit(frame).edges_
    }
    if with_peer():
        runs["pyagrum"] = lambda: _agrum_search(net, frame)
    if find_spec("pgmpy") is not None:
        runs["pgmpy"] = lambda: list(
            imported("pgmpy.estimators").HillClimbSearch(frame).estimate("bic-d", show_progress=False).edges()
        )
    found = interleaved(runs, 1)
    case = {name: {"seconds": own["seconds"], **_judged(net, frame, own["result"])} for name, own in found.items()}
    said = "; ".join(
        f"{name} {own['seconds']:.1f} s, BIC {own['bic']:.0f}, distance {own['distance']}" for name, own in case.items()
    )
    return say("alarm, hill climbing", said, rows=count, **case)


def _agrum_search(net: BayesianNetwork, frame: Any) -> list[tuple[str, str]]:
    learner = agrum_learner(agrum_network(net.model_), frame)
    learner.useScoreBIC()
    learner.useLocalSearchWithTabuList()
    dag = learner.learnDAG()
    return [(learner.nameFromId(parent), learner.nameFromId(child)) for parent, child in dag.arcs()]


def _judged(net: BayesianNetwork, frame: Any, edges: list[tuple[str, str]]) -> dict[str, Any]:
    """BIC (higher is better) of the tables of highest likelihood, and edges missing, added or turned round."""
    fitted = BayesianNetwork(edges, states=net.states_, prior_strength=0).fit(frame)
    free = sum(table.size - table.size // table.shape[-1] for table in fitted.tables_.values())
    bic = len(frame) * fitted.score(frame) - 0.5 * np.log(len(frame)) * free
    truth, own = set(net.edges_), set(edges)
    distance = len({frozenset(edge) for edge in truth ^ own})
    return {"bic": float(bic), "distance": distance}


def all_cases(scale: int, repeats: int, peers_on_large: bool) -> list[partial[dict[str, Any]]]:
    """The cases, sizes divided by ``scale``."""
    small = ("alarm", "insurance", "hepar2", "win95pts", "hailfinder")
    return [
        *(partial(posteriors_of_rows, name, 10_000 // scale, max(2, n // scale), repeats) for name, n in ROWS.items()),
        partial(one_target, 100_000 // scale, 2_000 // scale),
        partial(against_pgmpy, 10_000 // scale, 20 // scale + 1),
        *(partial(single_queries, name, 100 // scale) for name in small),
        *(partial(large_rows, name, 100 // scale, peers_on_large) for name in ("munin1", "link")),
        *(partial(no_evidence, name) for name in ("munin1", "link")),
        partial(memory_of_rows, 100_000 // scale),
        *(
            partial(expectation_maximisation, name, 10_000 // scale, n // scale)
            for name, n in (("alarm", 1_000), ("insurance", 200), ("hailfinder", 200))
        ),
        *(
            partial(expectation_maximisation, name, count // scale, n // scale + 2, 0.5)
            for name, count, n in (
                ("hepar2", 10_000, 50),
                ("win95pts", 10_000, 50),
                ("pigs", 2_000, 4),
                ("andes", 2_000, 4),
            )
        ),
        partial(em_to_convergence, 50_000 // scale),
        partial(complete_rows, 100_000 // scale),
        partial(hill_climbing, 10_000 // scale),
    ]


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    parser.add_argument(
        "--peers-on-large", action="store_true", help="pyAgrum on rows of link and munin1 too (gigabytes)"
    )
    parser.add_argument("--only", help="names of the functions of the cases to run, with commas between them")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    parser.add_argument("--rows-alone", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone or options.rows_alone:
        return alone(options.alone) if options.alone else rows_alone(options.rows_alone)
    if not FILES.exists():
        raise SystemExit("SUFFICE_DATA names no folder with networks in bif/.")
    CONSOLE.print(machine())
    every = all_cases(20 if options.quick else 1, 1 if options.quick else 3, options.peers_on_large)
    chosen = [case for case in every if not options.only or case.func.__name__ in options.only.split(",")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case() for case in chosen]
    print(json.dumps({"machine": machine(), "cases": cases}))


if __name__ == "__main__":
    main()
