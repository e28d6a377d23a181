"""Pictures and tables on the page of a Bayesian network."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from suffice.bayesian.marginals import by_label
from suffice.bayesian.single import single_posteriors
from suffice.estimators.bayesian.classifier import BayesianNetworkClassifier
from suffice.estimators.bayesian.network import BayesianNetwork
from suffice.plot.trace import TraceDisplay
from suffice.report.bayesian.drawing import MOST_NODES, MOST_WITH_BARS, Shown, network_svg
from suffice.report.parts import Line, Table
from suffice.report.picture import Picture, picture

MOST_PAIRS, MOST_LINES = 60, 20
Shares = Mapping[str, Mapping[Hashable, float]]


def probabilities(estimator: BayesianNetwork) -> Shares:
    """Probabilities of the states of all nodes; none where they take more memory than there is."""
    try:
        return estimator.marginals()
    except ValueError:
        return {}


def drawing(estimator: BayesianNetwork, found: Shares, observed: Shares) -> list[Picture]:
    """The graph with its probabilities beside the shares among rows; nothing of a network that is too large."""
    count = len(estimator.nodes_)
    if count > MOST_NODES or not found:
        return []
    svg = network_svg(estimator.model_, Shown(found, observed=observed))
    bars = (
        "Bars are the probabilities of the states under the network, in percent; strokes are their shares among the rows that "
        "observe the node."
    )
    return [
        Picture("The network", bars if count <= MOST_WITH_BARS else "Parents are above their children.", svg, wide=True)
    ]


def classifier_drawing(classifier: BayesianNetworkClassifier) -> list[Picture]:
    """The graph of a classifier with the probabilities of its states; nothing of one that is too large."""
    network = classifier.model_
    if len(network.nodes) > MOST_NODES:
        return []
    found, _ = single_posteriors(network, np.full(len(network.nodes), -1), range(len(network.nodes)), {}, None)
    svg = network_svg(network, Shown(by_label(network, found), target=classifier.class_name))
    caption = "The class above the columns that depend on it; bars are the probabilities of the states, in percent."
    return [Picture("The network", caption, svg, wide=True)]


def trace(estimator: BayesianNetwork) -> list[Picture]:
    """How expectation-maximisation went, where it took iterations."""
    if estimator.n_iter_ < 3:
        return []
    caption = "Log-likelihood of a row, plus log-prior, at each iteration of expectation-maximisation."
    return [picture("Climb of every start", caption, TraceDisplay.of(estimator).panel())]


def informative(estimator: BayesianNetwork) -> list[Table]:
    """What tells most about each node, where that is little work."""
    if not 1 < len(estimator.nodes_) <= MOST_PAIRS:
        return []
    lines = []
    for node in estimator.nodes_:
        most = [
            f"{other} ({nats:.3f})"
            for other, nats in list(estimator.mutual_information(node).items())[:3]
            if nats >= 5e-4
        ]
        lines.append(Line([node, ", ".join(most) or "no other node by a thousandth of a nat"]))
    text = "Mutual information in nats with the nodes that would tell most, were they observed, and nothing else."
    return [Table("What tells most about each node", ["node", "told by"], lines, text=text)]


def differences(found: Shares, observed: Shares) -> list[Table]:
    """States whose probability is farthest from their share among the rows."""
    rows = [
        (abs(found[node][state] - share), node, state, found[node][state], share)
        for node, shares in observed.items()
        if node in found
        for state, share in shares.items()
    ]
    rows.sort(key=lambda row: -row[0])
    lines = [
        Line([f"{node} = {state}", f"{chance:.4f}", f"{share:.4f}", f"{chance - share:+.4f}"])
        for _, node, state, chance, share in rows[:MOST_LINES]
    ]
    text = (
        "Probabilities under the network beside shares among the rows that observe the node, the largest differences first. The "
        "prior and missing cells make them differ."
    )
    header = ["state", "network", "rows", "difference"]
    return [Table("Fitted beside observed", header, lines, (1, 2, 3), text=text)] if lines else []
