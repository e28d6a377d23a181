"""``suffice query NETWORK``: probabilities given what is observed, of one case or of a table of rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suffice.choices import Inference
from suffice.cli.inputs import files_of
from suffice.cli.options import DATA, Overwrite
from suffice.cli.parse import flat, names, states
from suffice.cli.reading import Reading
from suffice.cli.run_folder import check_file
from suffice.cli.telling import answer, note, say

if TYPE_CHECKING:
    from suffice import BayesianNetwork
    from suffice.bayesian.marginals import Marginals

TOLD, BAR = 5, 30


@flat
def query(
    network: Annotated[
        Path, typer.Argument(metavar="NETWORK", help="BIF or UAI file, .gz too, or a folder that `suffice fit` wrote.")
    ],
    reading: Reading,
    rows: Annotated[
        str | None, typer.Argument(metavar="[ROWS]", help="Table of rows with gaps, in place of --given.")
    ] = None,
    given: Annotated[
        Any,
        typer.Option(parser=states, metavar="NODE=STATE,...", help="What is observed.", show_default="nothing"),
    ] = None,
    target: Annotated[
        Any, typer.Option(parser=names, metavar="NODE,...", help="Nodes to tell of.", show_default="all")
    ] = None,
    most_probable: Annotated[
        bool, typer.Option("--most-probable", help="The states that are most probable together.")
    ] = False,
    method: Annotated[
        Inference, typer.Option(help="How; all but exact is for networks whose tables do not fit into memory.")
    ] = "exact",
    random_state: Annotated[int, typer.Option(min=0, help="Seed of likelihood-weighting.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV of the probabilities of each row.", rich_help_panel=DATA)
    ] = None,
    overwrite: Overwrite = False,
    draw: Annotated[
        Path | None, typer.Option(metavar="FILE", help="SVG of the network with what is observed and its probabilities.")
    ] = None,
) -> None:  # fmt: skip
    """Probabilities in a Bayesian network, given what is observed."""
    net = load_network(network)
    if rows is not None:
        _refuse_for_rows(given, most_probable, draw, out)
        return _of_rows(net, files_of([rows]), reading, target, out, overwrite)
    if out is not None:
        raise ValueError(f"--out {out} holds the probabilities of rows: name a table of rows after {network}.")
    _say_case(network, given or {})
    if most_probable:
        _say_most_probable(net, given, target)
    else:
        _say_marginals(net.marginals(given, method=method, random_state=random_state), net, given, target)
    if draw is not None:
        net.draw(given, target=target[0] if target else None).save(draw)
        say(f"{draw} shows the network")


def load_network(path: Path) -> BayesianNetwork:
    """A Bayesian network from a file of another program, or from a run."""
    from suffice import BayesianNetwork
    from suffice.cli.saved import load_run

    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".bif"):
        return BayesianNetwork.from_bif(path)
    if name.endswith(".uai"):
        return BayesianNetwork.from_uai(path)
    model = load_run(path)
    if model.states is None:
        raise ValueError(f"{path} holds {model.held}; a Bayesian network is asked, such as a BIF file.")
    return model.estimator


def _say_case(network: Path, given: dict[str, str]) -> None:
    observed = ", ".join(f"{node} = {state}" for node, state in given.items())
    say(f"{network.name}, given {observed}" if observed else f"{network.name}, nothing observed")


def _say_marginals(
    found: Marginals, net: BayesianNetwork, given: dict[str, str] | None, target: list[str] | None
) -> None:
    for node in target or ():
        net.model_.position(node)
    if given and found.log_evidence is not None:
        say(f"log-probability of what is observed {found.log_evidence:.6f}")
    if not found.exact:
        say("these are estimates, not exact")
    told = target or [node for node in net.nodes_ if node not in (given or {})]
    for node in told:
        say(f"\n{node}")
        _say_states(found, node)
    answer(
        given=given or {},
        probabilities={node: {str(state): chance for state, chance in found[node].items()} for node in told},
        log_evidence=found.log_evidence,
        exact=found.exact,
    )
    for node in target or ():
        if found.exact and node not in (given or {}):
            _say_informative(net, node, given)


def _say_states(found: Marginals, node: str) -> None:
    width = max(len(str(state)) for state in found[node])
    errors = None if found.standard_errors is None else found.standard_errors[node]
    for state, chance in found[node].items():
        spread = "" if errors is None else f" ± {errors[state]:.6f}"
        say(f"  {state!s:{width}}  {chance:.6f}{spread}  {'█' * round(BAR * chance)}".rstrip())


def _say_informative(net: BayesianNetwork, node: str, given: dict[str, str] | None) -> None:
    most = list(net.mutual_information(node, given).items())[:TOLD]
    told = ", ".join(f"{other} ({nats:.4f})" for other, nats in most if nats > 0)
    if told:
        say(f"\nwhat would tell most about {node}, in nats: {told}")


def _say_most_probable(net: BayesianNetwork, given: dict[str, str] | None, target: list[str] | None) -> None:
    found = net.most_probable(given)
    say(f"most probable together, log-probability {found.log_probability:.6f}")
    for node in target or net.nodes_:
        net.model_.position(node)
        say(f"  {node} = {found.states[node]}")
    states = {node: found.states[node] for node in target or net.nodes_}
    answer(given=given or {}, most_probable=states, log_probability=found.log_probability)


def _refuse_for_rows(given: Any, most_probable: bool, draw: Path | None, out: Path | None) -> None:
    for option, value in (("--given", given), ("--most-probable", most_probable), ("--draw", draw)):
        if value:
            raise ValueError(f"{option} is for one case, and rows were named: leave one of the two out.")
    if out is None:
        raise ValueError("Rows were named: --out FILE says where their probabilities go.")


def _of_rows(
    net: BayesianNetwork, rows: Any, reading: Reading, target: list[str] | None, out: Path | None, overwrite: bool
) -> None:
    import numpy as np

    from suffice.cli.known import read_known
    from suffice.cli.tables import RowWriter, replacing
    from suffice.report.parts import counted

    check_file(out, overwrite=overwrite)
    source = read_known(net.states_, rows, reading)
    for sentence in source.notes:
        note(sentence)
    found = net.predict_proba(source.rows, target)
    columns = {
        f"{node}={state}": np.ascontiguousarray(chances[:, place])
        for node, chances in found.items()
        for place, state in enumerate(net.states_[node])
    }
    columns["log_probability"] = net.score_samples(source.rows)
    if out is not None:
        with replacing(out) as file:
            RowWriter(file)(columns)
    rows_told = f"{len(columns['log_probability']):,} rows of {source.name}"
    say(f"{out} holds the probabilities of {counted(len(found), 'node')} for each of {rows_told}")
    answer(rows=len(columns["log_probability"]), nodes=list(found), out=str(out), notes=source.notes)
